import type { KubeEvent, Pod, ReplicaSet } from '../../model/objects.js';
import { corePath, revisionsPath } from '../../model/paths.js';
import { inParallel } from '../../objects/api.js';
import { listPages } from '../pages.js';
import type { Cluster } from '../place.js';
import type { EmergencyActivities } from '../types.js';
import { bounded, witnesses, type Witness } from './choose.js';
import type { EvidenceFolder } from './folder.js';
import { copyObject, HIDDEN } from './hide.js';
import { INDEX, parseIndex } from './indexFile.js';
import { keepLogs } from './keepLogs.js';
import { Problems } from './problems.js';
import { evidenceRedactor } from './redactor.js';

export const MAX_PODS = 500;
const MAX_LISTED = 20_000;
const MAX_EVENTS = 10_000;
export const AT_ONCE = 8;

type Input = Parameters<EmergencyActivities['collectEvidence']>[0];

/** Collects into an empty or half-filled folder, until `until` (ms since the epoch) at most, and writes its index. */
export async function collect(
  cluster: Cluster,
  input: Input,
  folder: EvidenceFolder,
  until: number,
): Promise<{ pods: number; bytes: number; problems: string[] }> {
  const { namespace } = input.place;
  const problems = new Problems();
  const [pods, sets, events, earlier] = await Promise.all([
    listPages<Pod>(cluster, corePath(namespace, 'pods'), { max: MAX_LISTED }),
    listPages<ReplicaSet>(cluster, revisionsPath({ kind: 'Deployment', namespace, name: '' }), { max: MAX_LISTED }),
    readEvents(cluster, namespace, problems),
    folder.earlier(),
  ]);
  const all = witnesses(namespace, input.workloads, sets.items, pods.items);
  const { chosen, left } = bounded(all, MAX_PODS);
  if (pods.cut || sets.cut)
    problems.add(
      `The namespace has more than ${MAX_LISTED} pods or ReplicaSets: those behind are not in the evidence.`,
    );
  if (left > 0)
    problems.add(`${left} more pods are not in the evidence, as ${MAX_PODS} were taken: save them with kubectl now.`);
  const kept = chosen.flatMap((one) => one.pods);
  const hide = evidenceRedactor(kept, [namespace, input.system, ...input.workloads.map((one) => one.name)]);
  await inParallel(
    earlier.filter((file) => file !== INDEX),
    AT_ONCE,
    (file) => folder.adopt(file),
  );
  await keepObjects(cluster, chosen, events, hide, folder);
  await keepLogs(cluster, kept, hide, folder, { until, problems });
  cluster.signal.throwIfAborted();
  const told = problems.sentences.map(hide);
  const summary = { pods: kept.length, bytes: folder.bytes, problems: told };
  const there = await folder.keep(INDEX, json({ ...headOf(input, hide), ...summary, files: folder.files }));
  // Another attempt may have been quicker: then its word counts.
  return parseIndex(there) ?? summary;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const headOf = ({ system, id, place, run, workloads }: Input, hide: (text: string) => string) => ({
  formatVersion: 1,
  system,
  id,
  place,
  run: { ...run, reason: hide(run.reason) },
  collectedAt: new Date().toISOString(),
  workloads: workloads.map(({ kind, namespace, name, uid }) => ({ kind, namespace, name, uid })),
});

async function readEvents(cluster: Cluster, namespace: string, problems: Problems): Promise<KubeEvent[]> {
  try {
    return (await listPages<KubeEvent>(cluster, corePath(namespace, 'events'), { max: MAX_EVENTS })).items;
  } catch (error) {
    cluster.signal.throwIfAborted();
    problems.failed('The events could not be read', error);
    return [];
  }
}

/** Specs, statuses and events come first: they are in memory already, and go with the pods. */
async function keepObjects(
  cluster: Cluster,
  chosen: Witness[],
  events: KubeEvent[],
  hide: (text: string) => string,
  folder: EvidenceFolder,
): Promise<void> {
  const strings = { hidden: () => HIDDEN, text: hide };
  const uids = new Set(chosen.flatMap((one) => one.uids));
  const theirs = events.filter((event) => uids.has(event.involvedObject?.uid ?? ''));
  const files: [string, () => string][] = [
    ...chosen
      .filter((one) => one.pods.length > 0)
      .map(({ key, pods }): [string, () => string] => [
        `pods/${key.replace('/', '-')}.json`,
        () => json({ workload: key, pods: pods.map((pod) => copyObject(pod, strings)) }),
      ]),
    ['events.json', () => json({ events: theirs.map((event) => copyObject(event, strings)) })],
  ];
  const missing = files.filter(([file]) => !folder.has(file));
  await inParallel(missing, AT_ONCE, async ([file, body]) => {
    cluster.signal.throwIfAborted();
    await folder.keep(file, body());
  });
}
