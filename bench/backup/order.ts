/**
 * The order in which `items` are measured in one round: each round begins with another one, and every second round goes backwards, so
 * that no way always has the same one before it. Pure.
 */
export function orderOf<T>(items: readonly T[], round: number): T[] {
  const from = items.length === 0 ? 0 : round % items.length;
  const turned = [...items.slice(from), ...items.slice(0, from)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
