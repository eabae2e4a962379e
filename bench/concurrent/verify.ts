import type { Cluster } from '../../sandbox/kubernetes/client.js';
import type { RunRecord } from '../kit/history.js';

/** What is there of one Deployment. */
export interface Seen {
  generation: number;
  image: string;
  /** Versions of its saved states, oldest first; `*` marks one that a run has verified in place. */
  saved: string[];
}

/** All Deployments of the namespaces by `namespace/name`. Read-only. */
export async function see(cluster: Cluster, namespaces: readonly string[]): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  for (const namespace of namespaces) {
    const [deployments, secrets] = await Promise.all([
      cluster.apps.listNamespacedDeployment({ namespace }),
      cluster.core.listNamespacedSecret({ namespace, labelSelector: 'app.kubernetes.io/managed-by=belay' }),
    ]);
    for (const { metadata, spec } of deployments.items) {
      const name = metadata?.name ?? '';
      const prefix = `belay-state-deployment-${name}-`;
      const saved = secrets.items.flatMap((secret) => {
        const version = secret.metadata?.name?.startsWith(prefix) ? secret.metadata.name.slice(prefix.length) : '';
        if (!/^\d+$/.test(version)) return [];
        return [`${version}${secret.metadata?.annotations?.['belay.dev/verified-at'] ? '*' : ''}`];
      });
      seen.set(`${namespace}/${name}`, {
        generation: metadata?.generation ?? 0,
        image: spec?.template.spec?.containers[0]?.image ?? '',
        saved: saved.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)),
      });
    }
  }
  return seen;
}

/**
 * What is not as one successful update leaves it: exactly one write (generation + 1) of the wanted image, the old state saved as
 * version 1, the new one as version 2 and verified. Empty when all is well.
 */
export function effectProblems(
  name: string,
  before: Seen | undefined,
  after: Seen | undefined,
  wanted: string,
): string[] {
  if (!before || !after) return [`${name}: is not there`];
  const problems: string[] = [];
  const writes = after.generation - before.generation;
  if (writes !== 1) problems.push(`${name}: written ${writes} times`);
  if (after.image !== wanted) problems.push(`${name}: has ${after.image} instead of ${wanted}`);
  if (after.saved.join() !== '1,2*')
    problems.push(`${name}: saved states are ${after.saved.join() || 'none'} instead of 1,2*`);
  return problems;
}

/** Whether the run's history holds exactly one completed `setImage`. */
export function historyProblems(name: string, { activities }: RunRecord): string[] {
  const writes = activities.filter((activity) => activity.name === 'setImage' && activity.result !== undefined);
  return writes.length === 1 ? [] : [`${name}: set the image ${writes.length} times`];
}
