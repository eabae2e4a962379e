import { z } from 'zod';
import { canonical, digestOf } from './canonical.js';
import type { Contents } from './engine.js';
import type { ContentsSummary } from './types.js';

const contentsSchema = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      rows: z.number(),
      maxRows: z.number().optional(),
      hash: z.string().optional(),
      bytes: z.number().optional(),
    }),
  ),
  facts: z.record(z.string(), z.string()),
});

/** The same contents in the one order that digests and comparisons rely on. Pure. */
export function sorted(contents: Contents): Contents {
  // Not by locale: the order must be the same on every machine.
  const items = contents.items.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { items, facts: contents.facts };
}

/** Digest of contents, for manifests. Pure. */
export function summarise(contents: Contents): ContentsSummary {
  const ordered = sorted(contents);
  return {
    items: ordered.items.length,
    rows: ordered.items.reduce((sum, item) => sum + item.rows, 0),
    digest: digestOf(ordered),
  };
}

/** Stored form of contents: canonical JSON. */
export const contentsText = (contents: Contents): string => canonical(sorted(contents));

/** Reads stored contents; throws when they are none. */
export function parseContents(text: string): Contents {
  return contentsSchema.parse(JSON.parse(text)) as Contents;
}
