import type { Db } from 'mongodb';
import type { ContentItem, Contents } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { type Catalogue, readCatalogue } from './catalogue.js';
import { countOf, hashOf } from './contents.js';

/** What is known of a collection at one end of the dump. */
export interface Look {
  rows: number;
  /** Writing calls that the server has counted; undefined where it does not count. */
  writes?: number;
  hash?: string;
  bytes?: number;
}

export interface Looks {
  catalogue: Catalogue;
  at: Map<string, Look>;
}

/** Room for what comes and goes between two counts: a queue may be shorter in between than at both ends. */
const SLACK = 100;
const SLACK_SHARE = 0.05;

/**
 * Looks at all collections. Where the server counts its writes, those tell whether a collection stood still; where it does not, only
 * a hash at both ends can, which is taken when `hashes` are wanted.
 */
export async function look(db: Db, hashes: boolean, progress: (what: string) => void): Promise<Looks> {
  const catalogue = await readCatalogue(db);
  const at = new Map<string, Look>();
  for (const name of catalogue.collections) {
    const writes = await writesOf(db, name);
    if (writes === undefined && hashes) {
      const { rows, hash, bytes } = await hashOf(db, name, progress);
      at.set(name, { rows, ...(hash !== undefined && { hash }), ...(bytes !== undefined && { bytes }) });
    } else {
      at.set(name, { rows: await countOf(db, name, progress), ...(writes !== undefined && { writes }) });
    }
  }
  return { catalogue, at };
}

/** Writing calls to a collection since the server started. */
async function writesOf(db: Db, name: string): Promise<number | undefined> {
  try {
    const [stats] = await db
      .collection(name)
      .aggregate([{ $collStats: { latencyStats: {} } }])
      .toArray();
    const ops: unknown = (stats?.['latencyStats'] as { writes?: { ops?: unknown } } | undefined)?.writes?.ops;
    return typeof ops === 'number' ? ops : undefined;
  } catch {
    // Not there (FerretDB, time series, Atlas tiers) or not allowed: then it does not help.
    return undefined;
  }
}

/**
 * Contents of a dump that ran between two looks. `hashed` are hashes that were read between them. What stood still must be equal in
 * the copy; what was written to gets a range, and a line in `excluded`. Throws `SnapshotLost` when collections or indexes came or
 * went: then nothing can be said of the dump. Pure.
 */
export function contentsBetween(
  before: Looks,
  after: Looks,
  hashed: ReadonlyMap<string, ContentItem>,
  excluded: { name: string; why: string }[],
): Contents {
  const changed = firstChange(before.catalogue, after.catalogue);
  if (changed !== undefined)
    throw backupError(
      'SnapshotLost',
      `${changed} changed while the database was dumped. Back up when nobody changes collections or indexes.`,
    );
  const items = before.catalogue.collections.map((name): ContentItem => {
    const [first, last] = [before.at.get(name), after.at.get(name)];
    if (!first || !last) throw backupError('SnapshotLost', `${name} came or went while the database was dumped.`);
    const item = hashed.get(name);
    if (stoodStill(first, last, item)) {
      const { hash, bytes } = item ?? first;
      return { name, rows: first.rows, ...(hash !== undefined && { hash }), ...(bytes !== undefined && { bytes }) };
    }
    const range = rangeOf(first.rows, last.rows);
    excluded.push({
      name: `content of ${name}`,
      why: `written to while it was dumped: only its number of documents is compared, ${range.rows} to ${range.maxRows}`,
    });
    return { name, ...range };
  });
  return { items, facts: before.catalogue.facts };
}

function stoodStill(first: Look, last: Look, item: ContentItem | undefined): boolean {
  if (first.rows !== last.rows || first.writes !== last.writes || first.hash !== last.hash) return false;
  return item === undefined || item.rows === first.rows;
}

/** What a copy may have when the source had `first` documents before the dump and `last` after it. Pure. */
export function rangeOf(first: number, last: number): { rows: number; maxRows: number } {
  const slack = Math.max(SLACK, Math.ceil(Math.max(first, last) * SLACK_SHARE));
  return { rows: Math.max(0, Math.min(first, last) - slack), maxRows: Math.max(first, last) + slack };
}

function firstChange(a: Catalogue, b: Catalogue): string | undefined {
  const names = [...new Set([...a.collections, ...b.collections])];
  const collection = names.find((name) => !a.collections.includes(name) || !b.collections.includes(name));
  if (collection !== undefined) return `Collection ${collection}`;
  const facts = [...new Set([...Object.keys(a.facts), ...Object.keys(b.facts)])];
  return facts.find((name) => a.facts[name] !== b.facts[name]);
}
