import { isError } from '../backup/classify.js';
import type { Rds } from './client.js';
import { deleteInstance, listInstances, type Instance } from './instance.js';
import { TAGS } from './names.js';

const SWEEP_MS = 5 * 60_000;

/** Regions that this worker has looked into since it started: the only ones whose keys it knows. */
const places = new Map<string, () => Promise<Rds>>();

/** Remembers how a place is opened, for `sweepPlaces`. */
export function rememberPlace(key: string, open: () => Promise<Rds>): void {
  places.set(key, open);
}

/**
 * Asks for the deletion of test instances that carry our tag and are older than `before`, in the places that this worker knows; gives their
 * names. After a restart it knows none until the next look at a source, which every backup begins with.
 */
export async function sweepPlaces(before: number): Promise<string[]> {
  const swept = await Promise.allSettled(
    [...places.values()].map(async (open) => {
      const place = await open();
      try {
        return await sweepPlace(place.under(AbortSignal.timeout(SWEEP_MS)), before);
      } finally {
        place.client.destroy();
      }
    }),
  );
  const names = swept.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const failed = swept.find((one) => one.status === 'rejected');
  // A place of another system that does not answer must not stop the sweep of this one.
  if (failed !== undefined && swept.every(({ status }) => status === 'rejected')) throw failed.reason;
  return names;
}

async function sweepPlace(rds: Rds, before: number): Promise<string[]> {
  const names: string[] = [];
  for (const found of await listInstances(rds)) {
    if (!isLeft(found, before)) continue;
    try {
      await deleteInstance(rds, found.id, (instance) => isLeft(instance, before), false);
      names.push(found.id);
    } catch (error) {
      // Renamed, or tagged anew, since it was listed.
      if (!isError(error, 'NotOurs')) throw error;
    }
  }
  return names;
}

const isLeft = ({ tags, createdAt, status }: Instance, before: number): boolean =>
  tags[TAGS.throwaway] !== undefined && createdAt < before && status !== 'deleting';
