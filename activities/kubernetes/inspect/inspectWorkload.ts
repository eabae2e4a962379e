import { ApiError, isStatus } from '../api/apiError.js';
import { rightOf } from '../api/failure.js';
import { countsOf, desiredOf } from '../model/counts.js';
import type { KubeObject, Workload } from '../model/objects.js';
import { corePath, workloadsPath } from '../model/paths.js';
import { templateHash } from '../model/templateHash.js';
import { type OwnedPods, revisionNumber } from '../rollout/ownedPods.js';
import { readPods } from '../rollout/readPods.js';
import { updateStrategyOf } from '../rollout/rolloutStatus.js';
import type { Session } from '../session.js';
import { quarantined } from '../state/quarantine.js';
import type { Inspection, WorkloadFacts, WorkloadRef } from '../types.js';
import { nameOf } from '../write/writeFailures.js';
import { digestsOf } from './digests.js';
import { unhealthyBecause } from './health.js';
import {
  autoscalersOf,
  exhaustedBudgets,
  type HorizontalPodAutoscaler,
  type PodDisruptionBudget,
} from './neighbours.js';
import { ownersOf } from './owners.js';
import { quotaProblems, type ResourceQuota } from './quota.js';
import { missingRights, rightsForUpdate } from './rights.js';

const MAX_NAMES = 10;

/** {@link KubernetesActivities.inspectWorkload} */
export async function inspectWorkload(session: Session): Promise<Inspection> {
  const { ref } = session;
  try {
    const { body } = await session.workload();
    return { found: true, facts: await factsOf(session, body) };
  } catch (error) {
    if (isStatus(error, 404)) return { found: false, problem: await notFound(session) };
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    const right = rightOf(error.call);
    const problem = `The worker may not ${right} in namespace ${ref.namespace}; grant it to the worker's identity, as deploy/rbac does.`;
    return { found: false, problem };
  }
}

async function factsOf(session: Session, workload: Workload): Promise<WorkloadFacts> {
  const { ref } = session;
  const { namespace, kind } = ref;
  const hash = templateHash(workload.spec.template);
  const denied = new Set<string>();
  const readable = <T>(path: string): Promise<T[]> => orDenied(session.list<T>(path), denied, []);
  const [owned, autoscalers, budgets, quotas, quarantine, rights] = await Promise.all([
    orDenied(readPods(session, workload, hash), denied, { newPods: [], oldPods: [] }),
    readable<HorizontalPodAutoscaler>(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`),
    readable<PodDisruptionBudget>(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`),
    readable<ResourceQuota>(corePath(namespace, 'resourcequotas')),
    orDenied(quarantined(session), denied, []),
    missingRights(session, rightsForUpdate(kind)),
  ]);
  const problem = unhealthyBecause(kind, workload, owned);
  return {
    ref,
    uid: workload.metadata.uid,
    generation: workload.metadata.generation ?? 0,
    templateHash: hash,
    containers: workload.spec.template.spec.containers.map(({ name, image }) => ({ name, image: image ?? '' })),
    replicas: desiredOf(kind, workload),
    paused: workload.spec.paused ?? false,
    ...revisionOf(workload, owned),
    strategy: strategyOf(ref, workload),
    counts: countsOf(kind, workload, owned.newPods.filter((pod) => pod.metadata.deletionTimestamp).length),
    healthy: problem === undefined,
    ...(problem === undefined ? {} : { unhealthyBecause: problem }),
    digests: digestsOf(owned.newPods),
    owners: ownersOf(workload),
    autoscalers: autoscalersOf(ref, autoscalers),
    exhaustedBudgets: exhaustedBudgets(workload, budgets),
    quotaProblems: quotaProblems(kind, workload, quotas),
    missingRights: [...new Set([...rights, ...denied])],
    quarantined: quarantine,
  };
}

function revisionOf(workload: Workload, { revision }: OwnedPods): Pick<WorkloadFacts, 'revision' | 'replicaSet'> {
  if (!revision) return {};
  const name = revision.metadata.name;
  if ('spec' in revision) return { revision: String(revisionNumber(revision)), replicaSet: name };
  return { revision: workload.status?.updateRevision ?? name };
}

function strategyOf(ref: WorkloadRef, workload: Workload): WorkloadFacts['strategy'] {
  const strategy = updateStrategyOf(ref.kind, workload);
  const partition = strategy?.rollingUpdate?.partition;
  const { podManagementPolicy } = workload.spec;
  return {
    type: strategy?.type ?? 'RollingUpdate',
    ...(partition === undefined ? {} : { partition }),
    ...(podManagementPolicy === undefined ? {} : { podManagementPolicy }),
  };
}

/** A read that the identity may not make is a named missing right; what the cluster does not offer at all is empty. */
async function orDenied<T>(value: Promise<T>, denied: Set<string>, otherwise: T): Promise<T> {
  try {
    return await value;
  } catch (error) {
    if (isStatus(error, 404)) return otherwise;
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    denied.add(rightOf(error.call));
    return otherwise;
  }
}

/** Names what there is, so that a typing mistake shows. */
async function notFound(session: Session): Promise<string> {
  const { ref, clients } = session;
  const missing = `${nameOf(ref)} does not exist (context ${clients.context})`;
  try {
    const names = (await session.list<KubeObject>(workloadsPath(ref))).map((one) => one.metadata.name);
    if (names.length === 0)
      return `${missing}; the namespace has no ${ref.kind} at all. Correct the namespace, or create it.`;
    const more = names.length > MAX_NAMES ? `, and ${names.length - MAX_NAMES} more` : '';
    return `${missing}; there are ${names.slice(0, MAX_NAMES).join(', ')}${more}. Correct the name.`;
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof TypeError) throw error;
    return `${missing}. Correct the name or the namespace.`;
  }
}
