import { Context } from '@temporalio/activity';
import type { ResourceQuota } from '../inspect/quota.js';
import { corePath } from '../model/paths.js';
import { createRegistryActivities } from '../../registry/index.js';
import { heartbeating } from '../../temporal/heartbeat.js';
import type { RegistryActivities } from '../../types.js';
import { orProblem } from './holdings.js';
import type { Cluster } from './place.js';
import { driftOf } from './recovery/drift.js';
import { identityProblems, returning } from './recovery/identity.js';
import { askRegistries, imagesOf, judgeImages } from './recovery/images.js';
import { judgeReferences } from './recovery/judgeReferences.js';
import { metricsWarning } from './recovery/metricsApi.js';
import { namespaceProblem } from './recovery/namespace.js';
import { readPresent } from './recovery/present.js';
import { quotaProblems } from './recovery/quota.js';
import { checkRoom } from './recovery/readRoom.js';
import { referencesOf } from './recovery/references.js';
import { lookUpReferred } from './recovery/referred.js';
import type { EmergencyActivities } from './types.js';

/** Of the attempt's time that the registries may take. */
const REGISTRIES_SHARE = 0.6;
/** Of one request to a registry: seconds count, and what it does not tell is only a warning. */
const REGISTRY_MS = 3_000;

/**
 * {@link EmergencyActivities.checkRecovery}. Of Secrets only the names of keys are looked at. Rights to write are not checked here; a right
 * to read that is missing is a warning. Throws typed API failures when the API server does not answer.
 */
export async function checkRecovery(
  cluster: Cluster,
  input: Parameters<EmergencyActivities['checkRecovery']>[0],
  registry: Pick<RegistryActivities, 'resolveImage'> = createRegistryActivities({ timeoutMs: REGISTRY_MS }),
): ReturnType<EmergencyActivities['checkRecovery']> {
  const boundMs = Context.current().info.startToCloseTimeoutMs * REGISTRIES_SHARE;
  return heartbeating(async () => {
    const gone = await namespaceProblem(cluster);
    if (gone !== undefined) return { problems: [gone], warnings: [], drift: [] };
    const { place, objects } = input;
    const present = await readPresent(cluster, objects);
    const workloads = returning(place, objects, present.seen);
    const references = workloads.flatMap(referencesOf);
    const [asked, known, room, quotas, metrics] = await Promise.all([
      askRegistries(imagesOf(workloads), input.images, registry, { signal: cluster.signal, boundMs }),
      lookUpReferred(cluster, references),
      checkRoom(cluster, workloads),
      readQuotas(cluster),
      metricsWarning(cluster, objects),
    ]);
    const identity = identityProblems(place, objects, present.objects, present.unread);
    const images = judgeImages(asked);
    const referred = judgeReferences(references, known);
    return {
      problems: [
        ...identity.problems,
        ...images.problems,
        ...referred.problems,
        ...room.problems,
        ...quotaProblems(workloads, quotas.found),
      ],
      warnings: [
        ...present.warnings,
        ...identity.warnings,
        ...images.warnings,
        ...referred.warnings,
        ...room.warnings,
        ...quotas.warnings,
        ...metrics,
      ],
      drift: driftOf(place, objects, present, input.since),
    };
  });
}

async function readQuotas(cluster: Cluster): Promise<{ found: ResourceQuota[]; warnings: string[] }> {
  const { namespace } = cluster.place;
  const warnings: string[] = [];
  const listed = cluster.list<ResourceQuota>(corePath(namespace, 'resourcequotas'));
  return { found: (await orProblem(cluster, namespace, listed, warnings)) ?? [], warnings };
}
