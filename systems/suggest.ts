import { closestMatch } from 'leven';

const LONGEST_LIST = 12;

/**
 * What to say behind an unknown word: the nearest known one, and otherwise what there is.
 * A word is near when at most two letters, or a third of a long word, differ (exchanged letters count as two).
 */
export function suggest(word: string, known: readonly string[], noun = 'known'): string {
  const short = word.slice(0, 80);
  const near = closestMatch(short, [...known], {
    maxDistance: short.length <= 3 ? 1 : Math.max(2, Math.floor(short.length / 3)),
  });
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return `${noun}: none`;
  const shown = known.slice(0, LONGEST_LIST).join(', ');
  return known.length > LONGEST_LIST
    ? `${noun}: ${shown} and ${known.length - LONGEST_LIST} more`
    : `${noun}: ${shown}`;
}
