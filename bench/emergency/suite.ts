import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../sandbox/kubernetes/client.js';
import type { Bar } from '../kit/bars.js';
import { untilCalm } from '../kit/calm.js';
import { clusterOf, waitComplete } from '../kit/deployments.js';
import type { Place } from '../kit/place.js';
import { kubectlVersion } from '../rollout/kubectl.js';
import { barsOf, type EmergencyResult, type SizeResult } from './figures.js';
import { measureDown, measureUp } from './measure.js';
import { Observer } from './observer.js';
import { createDown, downSystem, type DownSystem } from './system.js';
import { belayWay, kubectlWay, parallelWay, type Way } from './ways.js';

export interface EmergencyOptions {
  /** Workloads of each system. */
  sizes: readonly number[];
  /** Rounds, each of which measures every size in every way. */
  repeats: number;
  progress: (line: string) => void;
}

/** Longest pause before a measurement: what the last one has left to do must not weigh on the next. */
const CALM_MS = 20_000;

/** Stops systems of several sizes and brings them back, by Belay and by kubectl in two ways, in turns, and measures both from outside. */
export async function emergencySuite(
  place: Place,
  { sizes, repeats, progress }: EmergencyOptions,
): Promise<{ data: EmergencyResult; bars: Bar[] }> {
  const kubectl = await kubectlVersion();
  const cluster = clusterOf(place.state);
  const systems = sizes.map(downSystem);
  for (const system of systems) {
    progress(`creating ${system.workloads.length} Deployments`);
    await createDown(place.state, system);
  }
  await waitComplete(
    cluster,
    systems.map(({ name }) => name),
  );
  await place.worker();

  const results = systems.map(({ workloads }) => empty(workloads.length));
  const strays: string[] = [];
  const ways = [belayWay(place), kubectlWay(place), parallelWay(place)];
  for (let round = 1; round <= repeats; round += 1) {
    for (const [index, system] of systems.entries()) {
      const result = results[index];
      // Belay goes first in one round and last in the next.
      for (const way of round % 2 === 1 ? ways : ways.toReversed()) {
        try {
          if (result) progress(await measure(cluster, way, system, result, round));
        } catch (error) {
          strays.push(
            `${system.name}, ${way.name}, round ${round}: ${error instanceof Error ? error.message : String(error)}`,
          );
          progress(strays.at(-1) ?? '');
          await standUp(cluster, parallelWay(place), system);
        }
      }
    }
  }
  const data = { sizes: results, repeats, kubectl, strays };
  return { data, bars: barsOf(data) };
}

const empty = (workloads: number): SizeResult => ({
  workloads,
  down: { belay: [], kubectl: [], parallel: [] },
  up: { belay: [], kubectl: [], parallel: [] },
});

/** One shutdown and one recovery. A way's figures count only if both went well. */
async function measure(
  cluster: Cluster,
  way: Way,
  system: DownSystem,
  result: SizeResult,
  round: number,
): Promise<string> {
  await allReady(cluster, system);
  await untilCalm(CALM_MS);
  const down = await measureDown(cluster, way, system);
  await untilCalm(CALM_MS);
  const up = await measureUp(cluster, way, system);
  result.down[way.name].push(down);
  result.up[way.name].push(up);
  const [{ dark, gone, end }, { ready, end: upEnd }] = [down.times, up.times];
  const text = (value: number): string => value.toFixed(2);
  return `${system.name}, ${way.name}, round ${round}: dark ${text(dark)}, gone ${text(gone)}, end ${text(end)}; up: ready ${text(ready)}, end ${text(upEnd)} s`;
}

/** Waits until every workload has its endpoint. */
async function allReady(cluster: Cluster, { name, workloads }: DownSystem): Promise<void> {
  const observer = await Observer.open(cluster, name);
  try {
    await observer.when({
      what: 'every endpoint is ready',
      isSo: ({ endpoints }) => endpoints >= workloads.length,
    });
  } finally {
    observer.close();
  }
}

/** After a failure: whatever stands there, the next measurement needs the system up. */
async function standUp(cluster: Cluster, way: Way, system: DownSystem): Promise<void> {
  await sleep(1_000);
  await way.up(system);
  await allReady(cluster, system);
}
