import { isStatus } from '../api/apiError.js';
import type { KubeObject } from '../model/objects.js';
import { readMark, type StoppedMark } from './mark.js';
import { keyOf, type Cluster } from './place.js';
import { listPath } from './resources.js';
import type { Json, ObjectKey, SavedObject } from './types.js';

/** Objects as they are now, by key. */
export type Live = ReadonlyMap<ObjectKey, KubeObject>;

/** These objects as the API server has them now, if they still have that UID. A kind that may not be listed is passed over. */
export async function readLive(cluster: Cluster, objects: readonly Pick<SavedObject, 'ref'>[]): Promise<Live> {
  const paths = new Set(objects.map(({ ref }) => listPath(ref.kind, ref.namespace)));
  const found = await Promise.all([...paths].map((path) => listOrNone(cluster, path)));
  const byUid = new Map(found.flat().map((object) => [object.metadata.uid, object]));
  return new Map(
    objects.flatMap(({ ref }) => {
      const object = byUid.get(ref.uid);
      return object ? [[keyOf(cluster.place, ref), object] as const] : [];
    }),
  );
}

async function listOrNone(cluster: Cluster, path: string): Promise<KubeObject[]> {
  try {
    return await cluster.listIfServed<KubeObject>(path);
  } catch (error) {
    if (isStatus(error, 403)) return [];
    throw error;
  }
}

/** What the objects say about themselves. Pure. */
export const marksIn = (live: Live): Map<ObjectKey, StoppedMark> =>
  new Map(
    [...live].flatMap(([key, object]) => {
      const mark = readMark(object);
      return mark ? [[key, mark] as const] : [];
    }),
  );

/**
 * The fields that an object had before Belay changed it, by its own mark; undefined when that does not tell. A hand may have edited it:
 * only fields that are saved of the object count. Pure.
 */
export function fieldsByMark({ fields }: SavedObject, mark: StoppedMark | undefined): Record<string, Json> | undefined {
  const was = Object.entries(mark?.was ?? {}).filter(([pointer]) => Object.hasOwn(fields, pointer));
  return was.length === 0 ? undefined : { ...fields, ...Object.fromEntries(was) };
}
