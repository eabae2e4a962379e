import { gitOpsOf, readGitOps, type Wanted } from './gitops.js';
import { readHoldings } from './holdings.js';
import { oursOf, type OwnEnvironment } from './ours.js';
import type { Cluster } from './place.js';
import { problemsOf } from './problems.js';
import { listPath } from './resources.js';
import { savedRoutes } from './routes.js';
import { surroundingsOf } from './surroundings.js';
import type { SavedKind, Survey, SurveyInput } from './types.js';
import { savedWakers } from './wakers.js';
import { savedWorkload, withPods, WORKLOAD_KINDS } from './workloads.js';

/** What a look finds, without the rights and the snapshots. */
export type Look = Pick<Survey, 'objects' | 'surroundings' | 'ours' | 'problems'>;

/**
 * The present state of everything that an emergency touches, in one round of lists and one of GitOps objects. Writes nothing.
 * What cannot be looked at is a sentence in `problems`; an API server that does not answer throws.
 */
export async function lookAtObjects(
  cluster: Cluster,
  input: SurveyInput,
  environment: OwnEnvironment = process.env,
): Promise<Look> {
  const { namespace } = cluster.place;
  const { holdings, problems, unread } = await readHoldings(cluster);
  const isRead = (kind: SavedKind): boolean => !unread.has(listPath(kind, namespace));
  const { seen, others } = withPods(holdings);
  const workloads = seen.map((one) => savedWorkload(namespace, one, input));
  const asleep = new Set(
    workloads.filter(({ fields }) => fields['/spec/replicas'] === 0).map(({ ref }) => `${ref.kind}/${ref.name}`),
  );
  const managed = seen.map(({ kind, workload }) => ({
    key: `${kind}/${workload.metadata.name}`,
    ...gitOpsOf(workload),
  }));
  const wanted: Wanted[] = [
    ...input.gitops.map(({ kind, namespace: where, name }) => ({ ref: { kind, namespace: where, name }, manages: [] })),
    ...managed.flatMap(({ key, refs }) => refs.map((ref) => ({ ref, manages: [key] }))),
  ];
  const gitOps = await readGitOps(cluster, wanted);
  return {
    objects: [
      ...workloads,
      ...savedWakers(namespace, holdings, asleep),
      ...gitOps.objects,
      ...savedRoutes(namespace, holdings),
    ],
    surroundings: surroundingsOf(holdings),
    ours: oursOf(namespace, seen, holdings.services, environment),
    problems: [
      ...problems,
      ...problemsOf(namespace, {
        described: input.workloads.filter(({ kind }) => isRead(kind)),
        workloads,
        // The pods of workloads that may not be read seem to be nobody's.
        others: WORKLOAD_KINDS.every(isRead) ? others : [],
        unnamed: managed.filter((one) => one.unnamed).map((one) => one.key),
      }),
      ...gitOps.problems,
    ],
  };
}
