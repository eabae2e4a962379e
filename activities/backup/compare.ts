import { bounded } from '../secrets/index.js';
import type { ContentItem, Contents } from './engine.js';

/** Most differences that are told; a wrong table tells as much as a thousand. */
export const MAX_DIFFERENCES = 50;

function itemDifferences(expected: ContentItem, actual: ContentItem | undefined, withHashes: boolean): string[] {
  if (actual === undefined) return [`${expected.name}: missing (${expected.rows} rows)`];
  const { rows, maxRows = rows } = expected;
  if (actual.rows < rows || actual.rows > maxRows) {
    return [`${expected.name}: ${actual.rows} rows instead of ${maxRows === rows ? rows : `${rows} to ${maxRows}`}`];
  }
  if (!withHashes || expected.hash === undefined || expected.hash === actual.hash) return [];
  if (actual.hash === undefined) return [`${expected.name}: the copy gave no hash to compare`];
  return [`${expected.name}: same number of rows (${expected.rows}), other content`];
}

/**
 * What differs between the contents of the source at the recovery point and those of a restored copy: missing and additional
 * names, rows, facts, and with `withHashes` content hashes, where the source has them. At most 51 lines; empty means equal. Pure.
 */
export function compareContents(expected: Contents, actual: Contents, withHashes: boolean): string[] {
  const found = new Map(actual.items.map((item) => [item.name, item]));
  const known = new Set(expected.items.map((item) => item.name));
  const facts = [...new Set([...Object.keys(expected.facts), ...Object.keys(actual.facts)])].toSorted();
  const differences = [
    ...expected.items.flatMap((item) => itemDifferences(item, found.get(item.name), withHashes)),
    ...actual.items.filter((item) => !known.has(item.name)).map((item) => `${item.name}: not in the source`),
    ...facts
      .filter((name) => expected.facts[name] !== actual.facts[name])
      .map((name) => `${name}: ${actual.facts[name] ?? 'missing'} instead of ${expected.facts[name] ?? 'nothing'}`),
  ];
  return bound(differences);
}

/** At most `MAX_DIFFERENCES` lines of at most 300 characters, and one that counts the rest. */
export function bound(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MAX_DIFFERENCES).map((line) => bounded(line));
  return lines.length > shown.length ? [...shown, `… and ${lines.length - shown.length} more`] : shown;
}
