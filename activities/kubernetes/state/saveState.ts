import { Context } from '@temporalio/activity';
import { isStatus } from '../api/apiError.js';
import { desiredOf } from '../model/counts.js';
import type { Secret, Workload } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { templateHash } from '../model/templateHash.js';
import { digestsOf } from '../inspect/digests.js';
import { readPods } from '../rollout/readPods.js';
import { revisionNumber } from '../rollout/ownedPods.js';
import { orIfMissing, type Session } from '../session.js';
import type { KubernetesActivities, RunRef, SavedState } from '../types.js';
import { MANAGER, runKey } from '../write/annotations.js';
import { replaced, superseded } from '../write/writeFailures.js';
import { keptStates, type Kept } from './readState.js';
import { asSavedState, metaOf, packState, VERIFIED_AT, type StateMeta } from './stateSecret.js';

type Save = Omit<Parameters<KubernetesActivities['saveState']>[0], 'ref'>;
type Mark = Omit<Parameters<KubernetesActivities['markVerified']>[0], 'ref'>;

/** Kept beside the newest verified one. */
const KEEP = 10;
const MAX_TRIES = 5;

/** {@link KubernetesActivities.saveState} */
export async function saveState(session: Session, input: Save): Promise<SavedState> {
  for (let tries = 1; ; tries++) {
    const kept = await keptStates(session, input.uid);
    const first = kept.findLast(
      ({ meta }) => meta.run === runKey(input.run) && meta.templateHash === input.templateHash,
    );
    if (first) return asSavedState(first.secret, first.meta);
    const workload = (await orIfMissing(session.workload(), undefined))?.body;
    if (workload?.metadata.uid !== input.uid) throw replaced(session.ref);
    if (templateHash(workload.spec.template) !== input.templateHash) throw superseded(session.ref, workload);
    const meta = await describe(session, workload, input, (kept[0]?.meta.version ?? 0) + 1);
    try {
      const secret = await create(session, workload, meta);
      await prune(session, [{ secret, meta }, ...kept]);
      return asSavedState(secret, meta);
    } catch (error) {
      if (tries >= MAX_TRIES || !isStatus(error, 409)) throw error;
    }
  }
}

async function describe(session: Session, workload: Workload, input: Save, version: number): Promise<StateMeta> {
  const { newPods, revision } = await readPods(session, workload, input.templateHash);
  return {
    version,
    templateHash: input.templateHash,
    images: workload.spec.template.spec.containers.map(({ name, image }) => ({ name, image: image ?? '' })),
    digests: digestsOf(newPods),
    ...(revision ? { revision: String(revisionNumber(revision)) } : {}),
    replicas: desiredOf(session.ref.kind, workload),
    healthy: input.healthy,
    savedAt: new Date().toISOString(),
    uid: input.uid,
    run: runKey(input.run),
  };
}

async function create(session: Session, workload: Workload, meta: StateMeta): Promise<Secret> {
  const path = corePath(session.ref.namespace, 'secrets');
  const body = packState(session.ref, workload, meta);
  return (await session.call<Secret>({ method: 'POST', path, query: { fieldManager: MANAGER }, body })).body;
}

/** Deletes what is beyond the history's bound. The state is saved already: trouble here must not fail the run. */
async function prune(session: Session, newestFirst: Kept[]): Promise<void> {
  const verified = newestFirst.find(({ secret }) => secret.metadata.annotations?.[VERIFIED_AT] !== undefined);
  for (const one of newestFirst.slice(KEEP)) {
    if (one === verified) continue;
    const { name, uid } = one.secret.metadata;
    const path = corePath(session.ref.namespace, 'secrets', name);
    try {
      await session.call({ method: 'DELETE', path, body: { preconditions: { uid } } });
    } catch (error) {
      if (isStatus(error, 404)) continue;
      Context.current().log.warn('An old saved state could not be deleted', { secret: name, error: String(error) });
    }
  }
}

/** {@link KubernetesActivities.markVerified} */
export async function markVerified(session: Session, input: Mark): Promise<SavedState> {
  const newest = (await keptStates(session, input.uid)).find(({ meta }) => meta.templateHash === input.templateHash);
  const name = newest?.secret.metadata.name ?? (await saveState(session, { ...input, healthy: true })).secret;
  const path = corePath(session.ref.namespace, 'secrets', name);
  const { body: secret } = await session.call<Secret>({
    method: 'PATCH',
    path,
    query: { fieldManager: MANAGER },
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { [VERIFIED_AT]: new Date().toISOString(), ...verifiedBy(input.run) } } },
  });
  const meta = metaOf(secret);
  if (!meta) throw replaced(session.ref);
  return asSavedState(secret, meta);
}

const verifiedBy = (run: RunRef) => ({ 'belay.dev/verified-by': runKey(run) });
