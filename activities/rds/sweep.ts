import { isError } from '../backup/classify.js';
import type { Rds } from './client.js';
import { deleteInstance, listInstances, type Instance } from './instance.js';
import { TAGS } from './names.js';

const SWEEP_MS = 5 * 60_000;

/** Regions that this worker has verified in since it started: the only ones whose keys it knows. */
const places = new Map<string, Rds>();

/** Remembers a place for `sweepPlaces`. */
export function rememberPlace(key: string, rds: Rds): void {
  places.set(key, rds);
}

/**
 * Asks for the deletion of test instances that carry our tag and are older than `before`, in the places that this worker knows; gives their
 * names. After a restart it knows none until the next verification: what is left then is found by that one's sweep.
 */
export async function sweepPlaces(before: number): Promise<string[]> {
  const swept = await Promise.all([...places.values()].map((rds) => sweepPlace(rds, before)));
  return swept.flat();
}

async function sweepPlace(place: Rds, before: number): Promise<string[]> {
  const rds = place.under(AbortSignal.timeout(SWEEP_MS));
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
