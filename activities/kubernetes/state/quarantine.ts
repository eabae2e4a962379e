import { createHash } from 'node:crypto';
import { isStatus } from '../api/apiError.js';
import type { ConfigMap } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { orIfMissing, type Session } from '../session.js';
import type { QuarantineEntry } from '../types.js';
import { MANAGER } from '../write/annotations.js';
import { ourLabels, ownedBy, quarantineName } from './stateSecret.js';

const MAX_ENTRIES = 50;
const MAX_TRIES = 5;

/** One entry per template and run. */
const keyOf = (entry: QuarantineEntry): string =>
  createHash('sha256').update(`${entry.templateHash} ${entry.run}`).digest('hex').slice(0, 32);

/** Newest first. Entries that a hand has broken are passed over. */
export async function quarantined(session: Session): Promise<QuarantineEntry[]> {
  return entriesOf(await read(session)).map(([, entry]) => entry);
}

/** {@link KubernetesActivities.quarantine} */
export function addToQuarantine(session: Session, uid: string, entry: QuarantineEntry): Promise<void> {
  const key = keyOf(entry);
  return change(session, uid, (entries) => {
    if (entries.some(([known]) => known === key)) return {};
    const surplus = entries.slice(MAX_ENTRIES - 1).map(([old]): [string, null] => [old, null]);
    return { [key]: JSON.stringify(entry), ...Object.fromEntries(surplus) };
  });
}

/** {@link KubernetesActivities.liftQuarantine}. Lifts what names the image and what names the template: the override is for both. */
export async function liftQuarantine(session: Session, image: string, templateHash: string): Promise<void> {
  await change(session, undefined, (entries) =>
    Object.fromEntries(
      entries
        .filter(([, entry]) => entry.image === image || entry.templateHash === templateHash)
        .map(([key]) => [key, null]),
    ),
  );
}

const mapPath = (session: Session): string =>
  corePath(session.ref.namespace, 'configmaps', quarantineName(session.ref));

const read = (session: Session): Promise<ConfigMap | undefined> =>
  orIfMissing(session.get<ConfigMap>(mapPath(session)), undefined);

function entriesOf(map: ConfigMap | undefined): [string, QuarantineEntry][] {
  const entries = Object.entries(map?.data ?? {}).flatMap(([key, value]): [string, QuarantineEntry][] => {
    try {
      return [[key, JSON.parse(value) as QuarantineEntry]];
    } catch {
      return [];
    }
  });
  return entries.toSorted(([, a], [, b]) => b.at.localeCompare(a.at));
}

/** Applies a change to what stands there, again when somebody else was quicker. Without `uid` a missing map stays missing. */
async function change(
  session: Session,
  uid: string | undefined,
  decide: (entries: [string, QuarantineEntry][]) => Record<string, string | null>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const map = await read(session);
    const data = decide(entriesOf(map));
    if (Object.keys(data).length === 0 || (!map && uid === undefined)) return;
    try {
      if (map) await update(session, map, data);
      else await create(session, uid ?? '', data);
      return;
    } catch (error) {
      if (tries >= MAX_TRIES || !isStatus(error, 409)) throw error;
    }
  }
}

const update = (session: Session, map: ConfigMap, data: Record<string, string | null>) =>
  session.call({
    method: 'PATCH',
    path: mapPath(session),
    query: { fieldManager: MANAGER },
    contentType: 'application/merge-patch+json',
    // The resourceVersion makes it a Conflict when somebody changed the map since the read.
    body: { metadata: { resourceVersion: map.metadata.resourceVersion }, data },
  });

const create = (session: Session, uid: string, data: Record<string, string | null>) =>
  session.call({
    method: 'POST',
    path: corePath(session.ref.namespace, 'configmaps'),
    query: { fieldManager: MANAGER },
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: quarantineName(session.ref),
        labels: ourLabels(session.ref),
        ownerReferences: ownedBy(session.ref, uid),
      },
      data,
    },
  });
