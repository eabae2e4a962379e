import type { Files } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import { readFile } from 'node:fs/promises';
import type { Listed } from './collect.js';
import { mapIn, type Thing } from './model.js';

/** What `kubectl apply -f` takes. */
export const OBJECTS = 'objects.json';
/** Where and when the objects were read. */
export const READING = 'reading.json';

export interface Reading {
  formatVersion: 1;
  context: string;
  serverVersion: string;
  at: string;
  namespaces: string[];
  /** resourceVersion of each list: a list is consistent in itself, the kinds are not among each other. */
  lists: Listed[];
}

/** A v1 List in restore order, one object a line. Pure. */
export function encodeObjects(things: readonly Thing[]): Uint8Array {
  const lines = things.map((thing) => JSON.stringify(thing)).join(',\n');
  return Buffer.from(`{"apiVersion":"v1","kind":"List","metadata":{},"items":[\n${lines}\n]}\n`);
}

export const encodeReading = (reading: Reading): Uint8Array => Buffer.from(`${JSON.stringify(reading, null, 1)}\n`);

/** What is wrong with the payloads, and what they hold as far as it can be read. Pure. */
export function decode(
  objects: Uint8Array,
  reading: Uint8Array,
): { things: Thing[]; namespaces: string[]; problems: string[] } {
  const list = mapIn(parse(objects));
  const about = mapIn(parse(reading));
  const problems: string[] = [];
  if (list['kind'] !== 'List' || !Array.isArray(list['items'])) problems.push(`${OBJECTS} is not a List of objects`);
  if (about['formatVersion'] !== 1 || !Array.isArray(about['namespaces']))
    problems.push(`${READING} is not of a format that is known here`);
  const items: unknown[] = Array.isArray(list['items']) ? list['items'] : [];
  const things: Thing[] = [];
  for (const [at, item] of items.entries()) {
    const map = mapIn(item);
    const { name } = mapIn(map['metadata']);
    if ([map['apiVersion'], map['kind'], name].every((one) => typeof one === 'string' && one !== ''))
      things.push(map as Thing);
    else problems.push(`object ${at + 1} of ${OBJECTS} has no version, kind or name`);
  }
  if (items.length === 0) problems.push(`${OBJECTS} holds no object`);
  const namespaces = Array.isArray(about['namespaces']) ? about['namespaces'].map(String) : [];
  for (const name of namespaces) {
    if (!things.some((thing) => thing.kind === 'Namespace' && thing.metadata.name === name))
      problems.push(`Namespace ${name} itself is missing`);
  }
  return { things, namespaces, problems };
}

/** The bytes stay out of the answer: they hold secrets, and a parser's message quotes them. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

export async function readPayloads(files: Files) {
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = files.memory?.[name];
    if (bytes) return bytes;
    const path = files.paths[name];
    if (path === undefined) throw backupError('Damaged', `The backup has no ${name}; restore another one.`);
    return readFile(path);
  };
  return decode(await read(OBJECTS), await read(READING));
}
