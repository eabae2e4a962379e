import type { Bar } from '../kit/bars.js';
import { clusterOf, createDeployments, REPLICAS, waitComplete } from '../kit/deployments.js';
import type { ActivityRecord } from '../kit/history.js';
import { usageOf } from '../kit/machine.js';
import type { Place } from '../kit/place.js';
import { startUpdate, type Ended } from '../kit/run.js';
import { summarize, type Summary } from '../kit/stats.js';
import { image, writeSystems, type BenchSystem } from '../kit/systems.js';
import { effectProblems, historyProblems, see } from './verify.js';

export interface ConcurrentOptions {
  /** Rollouts that are started together. */
  rollouts: number;
  progress: (line: string) => void;
}

export interface ConcurrentResult {
  rollouts: number;
  namespaces: number;
  pods: number;
  bakeSeconds: number;
  problems: string[];
  /** From the first start to the last end, seconds. */
  totalSeconds: number;
  /** Per run from its start to its end, seconds. */
  run: Summary;
  /** Activities that needed more than one attempt; a write that did is found again, not made again. */
  retried: number;
  /** Time that activities waited for the worker, milliseconds. */
  wait: Summary;
  worker: { maxRssMiB: number; idleRssMiB: number; cpuSeconds: number } | undefined;
  /** Per activity from its start to its end, milliseconds. */
  activities: Record<string, Summary>;
}

const NAMESPACES = 4;
const BAKE_SECONDS = 10;

function systemsOf(rollouts: number): BenchSystem[] {
  const perSystem = Math.ceil(rollouts / NAMESPACES);
  return Array.from({ length: NAMESPACES }, (_, index) => ({
    name: `bench-many-${index}`,
    workloads: Array.from(
      { length: Math.max(0, Math.min(perSystem, rollouts - index * perSystem)) },
      (__, n) => `app-${n}`,
    ),
    ...{ deadlineSeconds: 300, bakeSeconds: BAKE_SECONDS },
  })).filter(({ workloads }) => workloads.length > 0);
}

/** Starts all rollouts at once on one worker; all must succeed, and nothing may be written twice. */
export async function concurrentSuite(
  place: Place,
  { rollouts, progress }: ConcurrentOptions,
): Promise<{ data: ConcurrentResult; bars: Bar[] }> {
  const systems = systemsOf(rollouts);
  const namespaces = systems.map(({ name }) => name);
  const cluster = clusterOf(place.state);
  await writeSystems(place.state, systems);
  progress(`creating ${rollouts} Deployments`);
  await Promise.all(systems.map((system) => createDeployments(place.state, system)));
  await waitComplete(cluster, namespaces);
  const before = await see(cluster, namespaces);
  const worker = await place.worker();
  const idle = usageOf(worker.pid);

  const wanted = image('2.0.0');
  const targets = systems.flatMap(({ name, workloads }) => workloads.map((workload) => ({ system: name, workload })));
  let done = 0;
  const runs = await Promise.all(
    targets.map(async (target) => {
      const { ended } = await startUpdate(place, { ...target, image: wanted });
      const run = await ended();
      done += 1;
      if (done % 10 === 0) progress(`${done} of ${rollouts} have ended`);
      return { name: `${target.system}/${target.workload}`, ...run };
    }),
  );
  const used = usageOf(worker.pid);
  const after = await see(cluster, namespaces);
  const problems = runs.flatMap(({ name, end, record }) => [
    ...(end.outcome === 'succeeded' ? [] : [`${name}: ${end.outcome}: ${end.summary}`]),
    ...effectProblems(name, before.get(name), after.get(name), wanted),
    ...historyProblems(name, record),
  ]);
  for (const problem of problems) progress(problem);
  const data = {
    ...{ rollouts, namespaces: systems.length, pods: rollouts * REPLICAS, bakeSeconds: BAKE_SECONDS, problems },
    ...figures(runs),
    worker: used && idle && { ...used, idleRssMiB: idle.maxRssMiB },
  };
  return { data, bars: [{ name: 'runs lost or effects twice', actual: problems.length, limit: 0, unit: 'problems' }] };
}

function figures(runs: Ended[]): Pick<ConcurrentResult, 'totalSeconds' | 'run' | 'retried' | 'wait' | 'activities'> {
  const records = runs.map(({ record }) => record);
  const first = Math.min(...records.map(({ startedAt }) => startedAt));
  const last = Math.max(...records.map(({ closedAt }) => closedAt));
  const activities = records.flatMap((record) => record.activities);
  const names = [...new Set(activities.map(({ name }) => name))];
  return {
    totalSeconds: (last - first) / 1_000,
    run: summarize(records.map(({ startedAt, closedAt }) => (closedAt - startedAt) / 1_000)),
    retried: activities.filter(({ attempt = 1 }) => attempt > 1).length,
    wait: summarize(activities.flatMap(({ scheduledAt, startedAt }) => (startedAt ? [startedAt - scheduledAt] : []))),
    activities: Object.fromEntries(
      names.flatMap((name) => {
        const took = activities.filter((activity) => activity.name === name).flatMap(duration);
        return took.length > 0 ? [[name, summarize(took)]] : [];
      }),
    ),
  };
}

const duration = ({ startedAt, endedAt }: ActivityRecord): number[] =>
  startedAt !== undefined && endedAt !== undefined ? [endedAt - startedAt] : [];
