import type { KubeObject } from '../../model/objects.js';
import { readGitOps } from '../gitops.js';
import { readHoldings } from '../holdings.js';
import { oursOf } from '../ours.js';
import { type Cluster, keyOf } from '../place.js';
import { RESOURCES } from '../resources.js';
import { savedRoutes } from '../routes.js';
import type { Holdings } from '../shapes.js';
import type { SavedObject } from '../types.js';
import { savedWakers } from '../wakers.js';
import { savedWorkload, type Seen, withPods } from '../workloads.js';
import type { Present } from './drift.js';

const GITOPS = ['Application', 'Kustomization', 'HelmRelease'] as const;

/**
 * The present state of the namespace and of the saved GitOps objects, as a survey would save it, with the live workloads and their
 * pods. What Belay and Temporal themselves run in is left out. `warnings`: kinds that could not be looked at.
 */
export async function readPresent(
  cluster: Cluster,
  saved: SavedObject[],
): Promise<Present & { seen: Seen[]; warnings: string[] }> {
  const { place } = cluster;
  const wanted = saved.flatMap(({ ref: { kind, namespace, name } }) => {
    const known = GITOPS.find((one) => one === kind);
    return known === undefined ? [] : [{ ref: { kind: known, namespace, name }, manages: [] }];
  });
  const [{ holdings, problems }, gitOps] = await Promise.all([readHoldings(cluster), readGitOps(cluster, wanted)]);
  const { seen } = withPods(holdings);
  const input = { place, system: '', workloads: [], gitops: [] };
  const ours = new Set(oursOf(place.namespace, seen, holdings.services, process.env).map(({ key }) => key));
  const wasSaved = new Set(saved.map(({ ref }) => keyOf(place, ref)));
  const objects = [
    ...seen.map((one) => savedWorkload(place.namespace, one, input)),
    ...savedWakers(place.namespace, holdings, new Set()),
    ...savedRoutes(place.namespace, holdings),
    ...gitOps.objects,
  ].filter(({ ref }) => !ours.has(keyOf(place, ref)) || wasSaved.has(keyOf(place, ref)));
  const about = (plural: string) => problems.filter((problem) => problem.includes(` ${plural}`));
  const kinds = Object.entries(RESOURCES);
  return {
    objects,
    seen,
    workloads: new Map(seen.map(({ workload }) => [workload.metadata.uid, workload])),
    created: createdOf(holdings),
    unread: new Set(kinds.filter(([, { plural }]) => about(plural).length > 0).map(([kind]) => kind)),
    // A survey looks at more than a recovery depends on.
    warnings: [...about('pods'), ...kinds.flatMap(([, { plural }]) => about(plural))],
  };
}

function createdOf({ deployments, statefulSets, daemonSets, ...rest }: Holdings): Map<string, string> {
  const all: KubeObject[] = [
    ...deployments,
    ...statefulSets,
    ...daemonSets,
    ...rest.autoscalers,
    ...rest.scaledObjects,
    ...rest.cronJobs,
    ...rest.ingresses,
    ...rest.httpRoutes,
  ];
  return new Map(all.map(({ metadata }) => [metadata.uid, metadata.creationTimestamp ?? '']));
}
