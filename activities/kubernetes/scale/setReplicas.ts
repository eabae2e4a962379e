import { isStatus } from '../api/apiError.js';
import type { Workload } from '../model/objects.js';
import { orIfMissing, type Session } from '../session.js';
import type { KubernetesActivities } from '../types.js';
import { CHANGE_CAUSE, changeCause, runKey } from '../write/annotations.js';
import { annotate, type PatchOperation } from '../write/jsonPatch.js';
import { replaced } from '../write/writeFailures.js';
import { invalid, patch } from '../write/writeTemplate.js';
import { refuseDataLoss, requireScalable } from './scalable.js';

/** JSON: which run set which number, and the number before. */
export const SCALED = 'belay.dev/scaled';
const MAX_TRIES = 5;

interface Mark {
  run: string;
  from: number;
  to: number;
}

/** {@link KubernetesActivities.setReplicas} */
export async function setReplicas(
  session: Session,
  { uid, replicas, run }: Parameters<KubernetesActivities['setReplicas']>[0],
): Promise<{ previous: number }> {
  requireScalable(session.ref);
  if (!Number.isInteger(replicas) || replicas < 0)
    throw invalid(`${replicas} is no number of replicas: give a whole number from 0 on.`);
  for (let tries = 1; ; tries++) {
    const live = (await orIfMissing(session.workload(), undefined))?.body;
    if (live?.metadata.uid !== uid) throw replaced(session.ref);
    const now = live.spec.replicas ?? 1;
    if (now === replicas) return { previous: previousOf(live, runKey(run), replicas) };
    const earlier = readScaled(live.metadata.annotations?.[SCALED]);
    refuseDataLoss(session.ref, live, replicas, earlier?.run === runKey(run) ? earlier.from : undefined);
    const mark: Mark = { run: runKey(run), from: now, to: replicas };
    const operations: PatchOperation[] = [
      { op: 'test', path: '/metadata/uid', value: uid },
      // An autoscaler may set another number meanwhile: then the mark would remember a wrong one.
      { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
      { op: 'add', path: '/spec/replicas', value: replicas },
      ...annotate(live, {
        [SCALED]: JSON.stringify(mark),
        [CHANGE_CAUSE]: changeCause(run, `scaled from ${now} to ${replicas}`),
      }),
    ];
    try {
      await patch(session, operations);
      return { previous: now };
    } catch (error) {
      if (tries >= MAX_TRIES || !(isStatus(error, 409) || isStatus(error, 422))) throw error;
    }
  }
}

/** A repeat of our own write tells what stood before it; what stood there anyway is its own predecessor. */
function previousOf(live: Workload, run: string, replicas: number): number {
  const mark = readScaled(live.metadata.annotations?.[SCALED]);
  return mark?.run === run && mark.to === replicas ? mark.from : replicas;
}

/** What the annotation {@link SCALED} says; undefined when there is none, or a hand has broken it. Pure. */
export function readScaled(text: string | undefined): (Partial<Mark> & { from: number }) | undefined {
  try {
    const mark = JSON.parse(text ?? 'null') as Partial<Mark> | null;
    return typeof mark?.from === 'number' ? { ...mark, from: mark.from } : undefined;
  } catch {
    return undefined;
  }
}
