import type { Client } from '@temporalio/client';
import type { Connect } from '../../activities/kubernetes/session.js';
import type {
  Inspection,
  KubernetesActivities,
  WorkloadFacts,
  WorkloadRef,
} from '../../activities/kubernetes/types.js';
import { workloadPath } from '../../activities/kubernetes/model/paths.js';
import { RUN } from '../../activities/kubernetes/write/annotations.js';
import type { Check } from './check.js';
import { leftHalfWay } from './leftovers.js';
import { outsideWorker } from './outsideWorker.js';

const limitMs = 15_000;

/** What the checks of workloads need. */
export interface Cluster {
  connect: Connect;
  inspectWorkload: KubernetesActivities['inspectWorkload'];
}

function facts(area: string, name: string, found: WorkloadFacts): Check[] {
  const checks: Check[] = [];
  const say = (level: Check['level'], detail: string, cure?: string) =>
    checks.push({ area, name, level, detail, ...(cure === undefined ? {} : { cure }) });
  if (found.missingRights.length > 0) {
    say('bad', `rights are missing: ${found.missingRights.join(', ')}`, 'grant them to the worker; see deploy/');
  }
  if (!found.healthy) say('warn', `not healthy: ${found.unhealthyBecause ?? 'unknown'}`);
  if (found.paused) say('warn', 'its rollouts are paused', `kubectl rollout resume ${name}`);
  for (const owner of found.owners)
    say('warn', `${owner.manager} owns it (${owner.detail}); updates refuse unless told otherwise`);
  for (const entry of found.quarantined)
    say('warn', `${entry.image} is quarantined since ${entry.at}: ${entry.reason}`);
  if (checks.length === 0) {
    const images = found.containers.map(({ image }) => image).join(', ');
    say('ok', `${found.counts.ready}/${found.counts.desired} ready, ${images}`);
  }
  return checks;
}

/** Mark of the run that wrote the workload last, if one of Belay's did. */
async function markOf(cluster: Cluster, ref: WorkloadRef): Promise<string | undefined> {
  const { body } = await cluster
    .connect(ref.context)
    .call<{ metadata: { annotations?: Record<string, string> } }>({ path: workloadPath(ref) });
  return body.metadata.annotations?.[RUN];
}

/** Reachable, with the rights that an update needs, and nothing left half-way. Read-only. */
export async function checkWorkload(
  cluster: Cluster,
  area: string,
  ref: WorkloadRef,
  client: Client | undefined,
): Promise<{ checks: Check[]; images: string[] }> {
  const inspection: Inspection = await outsideWorker(limitMs, () => cluster.inspectWorkload({ ref, verbs: 'update' }));
  if (!inspection.found) {
    return { checks: [{ area, name: ref.name, level: 'bad', detail: inspection.problem }], images: [] };
  }
  const checks = facts(area, ref.name, inspection.facts);
  const mark = client ? await markOf(cluster, ref) : undefined;
  const left = client && mark ? await leftHalfWay(client, mark) : undefined;
  if (left) {
    checks.push({ area, name: ref.name, level: 'bad', detail: left, cure: `look at it, then: belay start rollback …` });
  }
  return { checks, images: inspection.facts.containers.map(({ image }) => image) };
}
