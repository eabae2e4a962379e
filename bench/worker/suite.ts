import { readFileSync } from 'node:fs';
import { bundleLimitBytes, bundlePaths, findPrebuiltBundle } from '../../worker/workflowBundle.js';
import type { Bar } from '../kit/bars.js';
import { IDLE_CORES, machineCpuSeconds, untilCalm } from '../kit/calm.js';
import { usageOf } from '../kit/machine.js';
import type { Place } from '../kit/place.js';
import { summarize, type Summary } from '../kit/stats.js';
import { writeSystems } from '../kit/systems.js';

export interface WorkerOptions {
  starts: number;
  progress: (line: string) => void;
}

/** One start of the worker. */
export interface Start {
  /** From our `spawn` to the arrival of the ready line, milliseconds. */
  ms: number;
  /** CPU time that it took on all threads; absent where it cannot be read. */
  cpuMs?: number;
  /** Cores that other processes used meanwhile; absent where it cannot be told. */
  others?: number;
}

export interface WorkerResult {
  /** Starts while others used less than half a core. */
  idle?: Summary;
  all: Summary;
  cpu?: Summary;
  bundleBytes: number;
}

/** Longest wait for a calm moment before each start. */
const CALM_MS = 20_000;

async function start(place: Place): Promise<Start> {
  const [cpu, from] = [machineCpuSeconds(), performance.now()];
  const worker = await place.worker();
  const ms = performance.now() - from;
  const all = machineCpuSeconds() - cpu;
  const own = usageOf(worker.pid)?.cpuSeconds;
  await worker.stop();
  return own === undefined ? { ms } : { ms, cpuMs: own * 1_000, others: Math.max(0, all - own) / (ms / 1_000) };
}

/** Starts the worker again and again, one at a time, and waits for its ready line. Measured against a running Temporal. */
export async function workerSuite(
  place: Place,
  { starts, progress }: WorkerOptions,
): Promise<{ data: WorkerResult; bars: Bar[] }> {
  const prebuilt = findPrebuiltBundle();
  if ('unusable' in prebuilt) throw new Error(`${prebuilt.unusable}: run npm run build and start again`);
  await writeSystems(place.state, []);
  const measured: Start[] = [];
  for (let n = 1; n <= starts; n++) {
    await untilCalm(CALM_MS);
    const one = await start(place);
    measured.push(one);
    const others = one.others === undefined ? '' : `, others used ${one.others.toFixed(1)} cores`;
    progress(`start ${n}/${starts}: ${Math.round(one.ms)} ms${others}`);
  }
  if (readFileSync(place.workerLog, 'utf8').includes('bundling workflows at start'))
    throw new Error('The sources changed during the measurement: a worker had to bundle. Start again.');
  const data = resultOf(measured);
  const { idle, all, bundleBytes } = data;
  const name = `worker start to ready${idle ? ' on an otherwise idle machine' : ''}, p95`;
  return {
    data,
    bars: [
      { name, actual: (idle ?? all).p95, limit: 1_000, unit: 'ms' },
      { name: 'workflow bundle', actual: bundleBytes / 1024, limit: bundleLimitBytes / 1024, unit: 'KiB' },
    ],
  };
}

function resultOf(starts: Start[]): WorkerResult {
  const idle = starts.filter(({ others = Infinity }) => others < IDLE_CORES).map(({ ms }) => ms);
  const cpu = starts.flatMap(({ cpuMs }) => cpuMs ?? []);
  return {
    ...(idle.length > 0 ? { idle: summarize(idle) } : {}),
    all: summarize(starts.map(({ ms }) => ms)),
    ...(cpu.length > 0 ? { cpu: summarize(cpu) } : {}),
    bundleBytes: readFileSync(bundlePaths().code).length,
  };
}
