const MAX_NAMES = 5;

/** `a`, `a and b`, `a, b, c, d, e and 3 more`. Pure. */
export function listed(names: string[], max = MAX_NAMES): string {
  if (names.length > max) return `${names.slice(0, max).join(', ')} and ${names.length - max} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
