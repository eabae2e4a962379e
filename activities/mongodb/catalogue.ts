import { BSON, type Db, type Document } from 'mongodb';

/** Collection that marks a database as a restored copy; it belongs to no backup. */
export const TAG = 'belay_tag';

/** What a database consists of. */
export interface Catalogue {
  /** Names of collections and time series, which hold documents. */
  collections: string[];
  /** Options, indexes and views as text that is equal when they are. */
  facts: Record<string, string>;
}

interface Listed {
  name: string;
  type?: string;
  options?: Document;
}

/** Reads the definitions of a database. System collections are made by the server from these. */
export async function readCatalogue(db: Db): Promise<Catalogue> {
  const listed = (await db.listCollections({}, { nameOnly: false }).toArray()) as Listed[];
  const ours = listed.filter(({ name }) => isKept(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const facts: Record<string, string> = {};
  const collections: string[] = [];
  for (const { name, type, options } of ours) {
    if (options && Object.keys(options).length > 0) facts[`${type ?? 'collection'} ${name}`] = textOf(options);
    if (type === 'view') continue;
    collections.push(name);
    for (const index of await db.collection(name).indexes()) facts[`index ${name}.${index.name}`] = indexText(index);
  }
  return { collections, facts };
}

/** Whether a collection is part of a backup. Pure. */
export const isKept = (name: string): boolean => name !== TAG && (!name.startsWith('system.') || name === 'system.js');

/** An index in words; the order of its keys counts, that of its options does not. Pure. */
export function indexText(index: Document): string {
  const { v: _, ns: __, background: ___, ...rest } = index;
  return textOf(rest);
}

/** Extended JSON with the first level sorted: deeper down, order has a meaning in MongoDB. */
const textOf = (document: Document): string =>
  BSON.EJSON.stringify(Object.fromEntries(Object.entries(document).toSorted(([a], [b]) => (a < b ? -1 : 1))));
