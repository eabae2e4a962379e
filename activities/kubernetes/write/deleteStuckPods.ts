import { isStatus } from '../api/apiError.js';
import type { Pod } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { templateHash } from '../model/templateHash.js';
import { isLeaving, isReady } from '../rollout/ownedPods.js';
import { readPods } from '../rollout/readPods.js';
import { orIfMissing, type Session } from '../session.js';
import { replaced, superseded } from './writeFailures.js';

/**
 * An OrderedReady StatefulSet waits for a broken pod to become ready before it goes on, even when the template was reverted
 * meanwhile. Deletes those pods, each by UID, so that a pod created anew under the same name is left alone.
 */
export async function deleteStuckPods(session: Session, uid: string, hash: string): Promise<string[]> {
  const { ref } = session;
  if (ref.kind !== 'StatefulSet') return [];
  const live = (await orIfMissing(session.workload(), undefined))?.body;
  if (live?.metadata.uid !== uid) throw replaced(ref);
  if (templateHash(live.spec.template) !== hash) throw superseded(ref, live);
  if (live.spec.podManagementPolicy === 'Parallel') return [];
  const { oldPods } = await readPods(session, live, hash);
  const partition = live.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const stuck = oldPods.filter((pod) => !isReady(pod) && !isLeaving(pod) && ordinalOf(pod) >= partition);
  for (const pod of stuck) await deletePod(session, pod);
  return stuck.map((pod) => pod.metadata.name);
}

/** Below the partition the old template is wanted. */
const ordinalOf = (pod: Pod): number => Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? 0);

async function deletePod(session: Session, pod: Pod): Promise<void> {
  const path = corePath(session.ref.namespace, 'pods', pod.metadata.name);
  try {
    await session.call({ method: 'DELETE', path, body: { preconditions: { uid: pod.metadata.uid } } });
  } catch (error) {
    // Gone, or another pod of that name by now: either way it blocks no more.
    if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
  }
}
