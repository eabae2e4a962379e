/** Keys of one database number. */
export interface Keyspace {
  db: string;
  keys: number;
  /** Those with an expiry. */
  expires: number;
}

/** The answer to INFO as names and values. Pure. */
export function parseInfo(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/^([^#:\r\n]+):([^\r\n]*)/gm)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

/** The databases that hold keys, by number. Pure. */
export function keyspaces(info: Record<string, string>): Keyspace[] {
  return Object.entries(info)
    .flatMap(([db, value]) => {
      const [, keys, expires] = /^keys=(\d+),expires=(\d+)/.exec(value) ?? [];
      return /^db\d+$/.test(db) && keys !== undefined ? [{ db, keys: Number(keys), expires: Number(expires) }] : [];
    })
    .toSorted((a, b) => Number(a.db.slice(2)) - Number(b.db.slice(2)));
}

export const totalKeys = (spaces: readonly Keyspace[]): number => spaces.reduce((sum, { keys }) => sum + keys, 0);

/** Whether version `a` (`7.0.15`) is older than `b`; patch levels do not count, since they share a file format. Pure. */
export function isOlder(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA < majorB || (majorA === majorB && minorA < minorB);
}

/** What the live server said before and after, against what the snapshot holds: a warning when that is not between them. Pure. */
export function countWarning(before: number, snapshot: number, after: number): string | undefined {
  if (snapshot >= Math.min(before, after) && snapshot <= Math.max(before, after)) return undefined;
  return `The server had ${before} keys before and ${after} after the snapshot, which has ${snapshot}; writes and expiries in between may explain it.`;
}
