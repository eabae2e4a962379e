import { createHash } from 'node:crypto';
import stringify from 'fast-json-stable-stringify';
import type { ContentItem, Contents } from '../../backup/engine.js';
import { kindName, type Thing } from './model.js';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** One item per namespace and kind: how many objects, and a hash over all of them in canonical JSON. Pure. */
export function contentsOf(things: readonly Thing[], hashes: boolean): Contents {
  const groups = new Map<string, Thing[]>();
  for (const thing of things) {
    const name = `${thing.metadata.namespace ?? ''}/${kindName(thing)}`;
    groups.set(name, [...(groups.get(name) ?? []), thing]);
  }
  const items = [...groups].map(([name, members]): ContentItem => {
    const texts = members.map((thing) => stringify(thing));
    return {
      name,
      rows: members.length,
      bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
      ...(hashes ? { hash: digest(texts.map(digest).toSorted().join('\n')) } : {}),
    };
  });
  return { items: items.toSorted((a, b) => (a.name < b.name ? -1 : 1)), facts: {} };
}

/** Whether two objects say the same, in whatever order of fields. Pure. */
export const isSame = (a: Thing, b: Thing): boolean => stringify(a) === stringify(b);
