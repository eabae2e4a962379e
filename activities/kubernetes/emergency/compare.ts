import stringify from 'fast-json-stable-stringify';
import type { KubeObject } from '../model/objects.js';
import { orIfMissing } from '../session.js';
import { readField } from './fields.js';
import { type Cluster, keyOf } from './place.js';
import { listPath, objectPath } from './resources.js';
import type { Difference, EmergencyActivities, Json, ObjectKey, SavedObject, SavedKind } from './types.js';

type Input = Parameters<EmergencyActivities['compareWithSnapshot']>[0];

/** {@link EmergencyActivities.compareWithSnapshot} */
export async function compareWithSnapshot(cluster: Cluster, { objects }: Input): Promise<Difference[]> {
  const present = await readPresent(cluster, objects);
  return objects.flatMap((saved) => {
    const key = keyOf(cluster.place, saved.ref);
    return differencesOf(key, saved.fields, present.get(key));
  });
}

/** The objects as they are now, as the API server sends them. One list for each kind; those of other namespaces one by one. */
export async function readPresent(cluster: Cluster, objects: SavedObject[]): Promise<Map<ObjectKey, KubeObject>> {
  const { place } = cluster;
  const here = objects.filter(({ ref }) => ref.namespace === place.namespace);
  const kinds = [...new Set(here.map(({ ref }) => ref.kind))];
  const listed = kinds.map(async (kind: SavedKind) => {
    const found = await cluster.listIfServed<KubeObject>(listPath(kind, place.namespace));
    return found.map((object) => entry(place.namespace, kind, object));
  });
  const elsewhere = objects
    .filter(({ ref }) => ref.namespace !== place.namespace)
    .map(async ({ ref }) => {
      const object = await orIfMissing(cluster.get<KubeObject>(objectPath(ref)), undefined);
      return object ? [entry(ref.namespace, ref.kind, object)] : [];
    });
  const entry = (namespace: string, kind: SavedKind, object: KubeObject): [ObjectKey, KubeObject] => [
    keyOf(place, { kind, namespace, name: object.metadata.name }),
    object,
  ];
  return new Map((await Promise.all([...listed, ...elsewhere])).flat());
}

/** Where an object's fields are not as saved. One that is gone differs as a whole (pointer ''). Pure. */
export function differencesOf(
  key: ObjectKey,
  fields: Record<string, Json>,
  present: KubeObject | undefined,
): Difference[] {
  if (present === undefined) return [{ key, what: '', was: fields, is: null }];
  return Object.entries(fields)
    .map(([what, was]) => ({ key, what, was, is: readField(present, what) }))
    .filter(({ was, is }) => stringify(was) !== stringify(is));
}
