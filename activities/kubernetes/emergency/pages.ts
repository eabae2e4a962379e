import type { Call } from '../api/clients.js';
import type { KubeList } from '../model/objects.js';
import type { Cluster } from './place.js';

const PAGE = 500;

export interface Pages<T> {
  items: T[];
  /** There are more than were asked for. */
  cut: boolean;
}

/** A long list, page by page, so that neither side holds up the other; at most `max` items. */
export async function listPages<T>(
  cluster: Cluster,
  path: string,
  { max, query = {} }: { max: number; query?: NonNullable<Call['query']> },
): Promise<Pages<T>> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const { body } = await cluster.call<KubeList<T>>({ path, query: { ...query, limit: PAGE, continue: next } });
    items.push(...body.items);
    next = body.metadata.continue === '' ? undefined : body.metadata.continue;
  } while (next !== undefined && items.length < max);
  return { items: items.slice(0, max), cut: next !== undefined || items.length > max };
}
