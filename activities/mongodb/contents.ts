import type { Db } from 'mongodb';
import type { ContentItem, Contents } from '../backup/engine.js';
import { MultisetHash } from '../backup/multisetHash.js';
import { readCatalogue } from './catalogue.js';

const BATCH = 1_000;
const TELL_EVERY = 50_000;

type Progress = (what: string) => void;

/** Counts, hashes when asked for, and definitions of a database that nobody writes to. */
export async function contentsOf(db: Db, hashes: boolean, progress: Progress): Promise<Contents> {
  const { collections, facts } = await readCatalogue(db);
  const items: ContentItem[] = [];
  for (const name of collections) {
    items.push(hashes ? await hashOf(db, name, progress) : { name, rows: await countOf(db, name, progress) });
  }
  return { items, facts };
}

/** Counts the documents; the server's estimate may be wrong after a crash. */
export async function countOf(db: Db, name: string, progress: Progress): Promise<number> {
  progress(`counting ${name}`);
  return db.collection(name).countDocuments({});
}

/** Reads all documents as the bytes that the server keeps: equal bytes are equal documents, down to types and order of fields. */
export async function hashOf(db: Db, name: string, progress: Progress): Promise<ContentItem> {
  const hash = new MultisetHash();
  let bytes = 0;
  const cursor = db.collection<Buffer>(name).find({}, { raw: true, batchSize: BATCH });
  for await (const document of cursor as AsyncIterable<unknown>) {
    if (!Buffer.isBuffer(document)) throw new TypeError('the driver gave no bytes');
    hash.add(document);
    bytes += document.length;
    if (hash.rows % TELL_EVERY === 0) progress(`hashing ${name}: ${hash.rows} documents`);
  }
  progress(`hashed ${name}: ${hash.rows} documents`);
  return { name, rows: hash.rows, hash: hash.hex(), bytes };
}
