import { isStatus } from '../api/apiError.js';
import { inParallel } from '../objects/api.js';
import type { SavedState } from '../types.js';
import { readScaled, SCALED } from '../scale/setReplicas.js';
import { Session } from '../session.js';
import { listStates } from '../state/readState.js';
import { fieldsByMark, type Live, marksIn } from './marks.js';
import { keyOf, type Cluster } from './place.js';
import type { ObjectKey, SavedObject } from './types.js';

const AT_ONCE = 8;
const REPLICAS = '/spec/replicas';

export interface Hints {
  /** Newest one of the workload. */
  state: Pick<SavedState, 'secret' | 'replicas' | 'savedAt'> | undefined;
  /** Annotation of the last `scale`. */
  scaled: string | undefined;
  /** Wakers whose target it is. */
  scalers: readonly SavedObject[];
}

export type Guess = SavedObject & { because: string };

/**
 * What objects may have been before they were stopped: their own marks, and for workloads without one that have 0 replicas, Belay's
 * newest saved state, the last `scale`, or the least that an autoscaler keeps. `lost` limits it to some keys. Reads only.
 */
export async function guess(
  cluster: Cluster,
  objects: readonly SavedObject[],
  live: Live,
  lost: ReadonlySet<ObjectKey> | undefined,
): Promise<Guess[]> {
  const marks = marksIn(live);
  const asked = objects.filter(({ ref }) => lost?.has(keyOf(cluster.place, ref)) ?? true);
  const guesses = await inParallel(asked, AT_ONCE, async (object): Promise<Guess[]> => {
    const key = keyOf(cluster.place, object.ref);
    const mark = marks.get(key);
    const fields = fieldsByMark(object, mark);
    if (mark && fields)
      return [{ ...object, fields, because: `its own mark, written when snapshot ${mark.snapshot} was taken` }];
    if (object.role !== 'workload' || object.fields[REPLICAS] !== 0) return [];
    const hint = replicasOf({
      state: await newestState(cluster, object),
      scaled: live.get(key)?.metadata.annotations?.[SCALED],
      scalers: objects.filter((one) => one.role === 'waker' && one.target === key),
    });
    if (hint) return [{ ...object, fields: { ...object.fields, [REPLICAS]: hint.replicas }, because: hint.because }];
    // Nobody knows whether it was stopped at all, unless a lost snapshot names it.
    return lost || mark ? [{ ...object, because: 'nothing tells how many it had; 0 as now' }] : [];
  });
  return guesses.flat();
}

/** How many replicas a workload may have had, and who says so. Pure. */
export function replicasOf({ state, scaled, scalers }: Hints): { replicas: number; because: string } | undefined {
  if (state && state.replicas > 0)
    return { replicas: state.replicas, because: `Belay's saved state ${state.secret} of ${state.savedAt}` };
  const last = readScaled(scaled);
  if (last && last.from > 0 && last.to === 0)
    return {
      replicas: last.from,
      because: `the annotation ${SCALED}: a run of Belay scaled it from ${last.from} to 0`,
    };
  for (const {
    ref,
    facts: { min },
  } of scalers) {
    if (typeof min === 'number' && min > 0)
      return { replicas: min, because: `${ref.kind} ${ref.name}, which keeps at least ${min}` };
  }
  return undefined;
}

async function newestState(cluster: Cluster, { ref }: SavedObject): Promise<SavedState | undefined> {
  const { kind, namespace, name, uid } = ref;
  if (kind !== 'Deployment' && kind !== 'StatefulSet') return undefined;
  const session = new Session({ ...cluster.place, namespace, kind, name }, cluster.clients, cluster.signal);
  try {
    return (await listStates(session, uid))[0];
  } catch (error) {
    if (isStatus(error, 403)) return undefined;
    throw error;
  }
}
