import { isStatus } from '../api/apiError.js';
import { orIfMissing, type Session } from '../session.js';
import type { KubernetesActivities } from '../types.js';
import { CHANGE_CAUSE, changeCause } from './annotations.js';
import { annotate, type PatchOperation } from './jsonPatch.js';
import { nameOf, replaced } from './writeFailures.js';
import { invalid, patch } from './writeTemplate.js';

const MAX_TRIES = 5;

export async function setPaused(
  session: Session,
  { uid, paused, run }: Parameters<KubernetesActivities['setPaused']>[0],
): Promise<void> {
  if (session.ref.kind !== 'Deployment')
    throw invalid(`${nameOf(session.ref)} cannot be paused: only Deployments can.`);
  for (let tries = 1; ; tries++) {
    const live = (await orIfMissing(session.workload(), undefined))?.body;
    if (live?.metadata.uid !== uid) throw replaced(session.ref);
    if ((live.spec.paused ?? false) === paused) return;
    const operations: PatchOperation[] = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/spec/paused', value: paused },
      ...annotate(live, { [CHANGE_CAUSE]: changeCause(run, paused ? 'paused' : 'resumed') }),
    ];
    try {
      await patch(session, operations);
      return;
    } catch (error) {
      if (tries >= MAX_TRIES || !(isStatus(error, 409) || isStatus(error, 422))) throw error;
    }
  }
}
