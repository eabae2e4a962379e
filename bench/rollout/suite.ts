import { clusterOf, createDeployments, waitComplete } from '../kit/deployments.js';
import type { Bar } from '../kit/bars.js';
import type { Place } from '../kit/place.js';
import { startUpdate } from '../kit/run.js';
import { summarize, type Summary } from '../kit/stats.js';
import { image, writeSystems } from '../kit/systems.js';
import { faults, type Fault } from './faults.js';
import { kubectlVersion } from './kubectl.js';
import { preparePeers, type PeerEnd } from './peer.js';
import { rolloutTiming, type RolloutTiming } from './timing.js';

export interface RolloutOptions {
  /** Runs per fault. */
  runs: number;
  /** Runs of one fault at the same time. */
  slots: number;
  /** Longest time to wait for kubectl; 0 leaves it out. */
  peerSeconds: number;
  progress: (line: string) => void;
}

/** All runs of one fault; times in seconds. */
export interface FaultResult {
  fault: string;
  title: string;
  detect: Summary;
  revert: Summary;
  back: Summary;
  /** An example of what the verdict says. */
  verdict: string;
}

export interface RolloutResult {
  faults: FaultResult[];
  /** Runs that took another course, with the reason. */
  strays: string[];
  peers: PeerEnd[];
  kubectl: string;
  /** Belay's runs at the same time. */
  concurrency: number;
}

const workload = 'app';
const slotName = (fault: Fault, slot: number): string => `bench-${fault.id}-${slot}`;
const seconds = (runs: RolloutTiming[], field: 'detectMs' | 'revertMs' | 'backMs'): Summary =>
  summarize(runs.map((run) => run[field] / 1_000));

/**
 * Rolls out bad versions, each under a tag of its own (a quarantined one would be refused), and measures until they are
 * rolled back; one run at a time per namespace. kubectl watches plain Deployments with the same faults meanwhile.
 */
export async function rolloutSuite(
  place: Place,
  options: RolloutOptions,
): Promise<{ data: RolloutResult; bars: Bar[] }> {
  const { runs, slots, peerSeconds, progress } = options;
  const kubectl = peerSeconds > 0 ? await kubectlVersion() : 'left out';
  const systems = faults.flatMap((fault) =>
    Array.from({ length: slots }, (_, slot) => ({
      ...{ name: slotName(fault, slot), workloads: [workload], bakeSeconds: 30 },
      ...fault.system,
    })),
  );
  await writeSystems(place.state, systems);
  for (const system of systems) await createDeployments(place.state, system);
  const cluster = clusterOf(place.state);
  await waitComplete(
    cluster,
    systems.map(({ name }) => name),
  );
  const watchPeers = peerSeconds > 0 ? await preparePeers(place, faults, peerSeconds) : undefined;
  await place.worker();

  progress(`${systems.length} runs at a time, ${runs} per fault; kubectl: ${kubectl}`);
  const strays: string[] = [];
  const peers = watchPeers?.();
  const measured = await Promise.all(
    faults.map(async (fault) => {
      const timings: RolloutTiming[] = [];
      let next = 0;
      const work = async (slot: number): Promise<void> => {
        while (next < runs) {
          const number = ++next;
          const system = slotName(fault, slot);
          const change = { system, workload, image: image(`2.0.${number}-${fault.tag}`) };
          const { end, record } = await (await startUpdate(place, change)).ended();
          try {
            if (end.outcome !== 'RolledBack') throw new Error(`${end.outcome}: ${end.summary}`);
            const timing = rolloutTiming(record);
            timings.push(timing);
            progress(`${fault.title} ${number}/${runs}: rolled back after ${(timing.backMs / 1_000).toFixed(1)} s`);
          } catch (error) {
            strays.push(`${fault.id} ${number}: ${error instanceof Error ? error.message : String(error)}`);
            progress(strays.at(-1) ?? '');
          }
        }
      };
      await Promise.all(Array.from({ length: slots }, (_, slot) => work(slot)));
      return { fault, timings };
    }),
  );
  if (peers) progress('waiting for kubectl');
  const results = measured.flatMap(({ fault, timings }) => (timings.length > 0 ? [resultOf(fault, timings)] : []));
  const data = { faults: results, strays, peers: (await peers) ?? [], kubectl, concurrency: systems.length };
  return { data, bars: barsOf(results, strays) };
}

const resultOf = ({ id, title }: Fault, timings: RolloutTiming[]): FaultResult => ({
  fault: id,
  title,
  detect: seconds(timings, 'detectMs'),
  revert: seconds(timings, 'revertMs'),
  back: seconds(timings, 'backMs'),
  verdict: timings[0]?.verdict ?? '',
});

function barsOf(results: FaultResult[], strays: string[]): Bar[] {
  const limits = results.flatMap(({ fault, title, back, revert }) => {
    const bar = faults.find(({ id }) => id === fault)?.barSeconds;
    const own =
      bar === undefined
        ? []
        : [{ name: `${title}: rolled back and verified, p95`, actual: back.p95, limit: bar, unit: 's' }];
    return [...own, { name: `${title}: verdict to rollback patch, p95`, actual: revert.p95, limit: 2, unit: 's' }];
  });
  return [...limits, { name: 'runs that took another course', actual: strays.length, limit: 0, unit: 'runs' }];
}
