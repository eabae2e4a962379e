import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addresses } from '../../client/cli/sandboxAddresses.js';
import { connectTemporal, type Temporal } from '../../client/connection.js';
import { startWorker, type WorkerProcess } from '../../client/demo/workerProcess.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { machineCpuSeconds } from '../kit/calm.js';
import { usageOf } from '../kit/machine.js';
import { inSandbox } from '../kit/sandbox.js';
import { systemsDir } from '../kit/systems.js';
import { startGateway } from './gatewayProcess.js';
import { Receiver } from './receiver.js';
import { sendAll, type Alert, type Pace, type Sent } from './sender.js';
import { HOOK_KEY, TOKEN, writeOps, type Shape } from './system.js';

/** A Temporal of the round's own with a gateway, a worker and a receiver of pages. */
export interface IncidentPlace {
  temporal: Temporal;
  receiver: Receiver;
  progress: (line: string) => void;
  /** The worker that runs from the beginning. */
  first: WorkerProcess;
  /** Starts another one. */
  worker(): Promise<WorkerProcess>;
  send(alerts: readonly Alert[], pace: Omit<Pace, 'signal'>): Promise<Sent[]>;
  pause(ms: number): Promise<void>;
  /** Waits until `isSo`, `maxMs` at most; whether it came to be. */
  until(isSo: () => boolean | Promise<boolean>, maxMs: number): Promise<boolean>;
}

type Part = 'gateway' | 'worker' | 'temporal' | 'bench';

/** CPU seconds of each process during a round; those that cannot be told, or that ended before, are left out. */
export type Cpu = Partial<Record<Part, number>> & {
  /** Of all processes of the machine: what is above the sum of the others was used by strangers. */
  machine: number;
  /** Length of the round, seconds. */
  seconds: number;
};

const LOOK_MS = 200;

function environment(state: SandboxState): NodeJS.ProcessEnv {
  const mine = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|BELAY_|KUBECONFIG$|SLACK_)/.test(name));
  return {
    ...Object.fromEntries(mine),
    ...addresses(state, {}),
    BELAY_SANDBOX: 'off',
    BELAY_SYSTEMS: systemsDir(state),
    BELAY_EVIDENCE: join(state.dir, 'evidence'),
    [TOKEN]: randomBytes(24).toString('hex'),
    [HOOK_KEY]: randomBytes(24).toString('hex'),
  };
}

/** CPU seconds of each process since its start. */
const cpuOf = (pids: Record<Part, number | undefined>): Partial<Record<Part, number>> =>
  Object.fromEntries(
    Object.entries(pids).flatMap(([name, pid]) => {
      const usage = pid === undefined ? undefined : usageOf(pid);
      return usage ? [[name, usage.cpuSeconds]] : [];
    }),
  );

/** Begins to count; the function that it returns says what was used since. A worker that was started meanwhile counts from its start. */
function counting(pids: () => Record<Part, number | undefined>): () => Cpu {
  const [from, machine, before, { worker }] = [Date.now(), machineCpuSeconds(), cpuOf(pids()), pids()];
  return () => {
    const used = Object.entries(cpuOf(pids())).map(([name, seconds]) => {
      const fresh = name === 'worker' && pids().worker !== worker;
      return [name, fresh ? seconds : seconds - (before[name as Part] ?? 0)];
    });
    return {
      ...(Object.fromEntries(used) as Partial<Record<Part, number>>),
      machine: machineCpuSeconds() - machine,
      seconds: (Date.now() - from) / 1_000,
    };
  };
}

/** Runs one round in a fresh sandbox and stops everything afterwards, also after a failure or Ctrl+C. */
export async function withIncidentPlace<T extends object>(
  shape: Shape,
  progress: (line: string) => void,
  work: (place: IncidentPlace) => Promise<T>,
): Promise<T & { cpu: Cpu }> {
  return inSandbox(['temporal'], progress, async (state, interrupted) => {
    // Every wait listens to it, and hundreds wait at a time.
    setMaxListeners(0, interrupted);
    const env = environment(state);
    const stops: (() => Promise<void>)[] = [];
    try {
      const receiver = new Receiver();
      const hook = await receiver.listen();
      stops.push(() => receiver.close());
      await writeOps(state, shape, hook);
      const temporal = await connectTemporal(env);
      stops.push(() => temporal.close());
      let last: number | undefined;
      const worker = async (): Promise<WorkerProcess> => {
        const started = await startWorker(env, join(state.dir, 'worker.log'));
        stops.push(() => started.stop());
        last = started.pid;
        return started;
      };
      const first = await worker();
      const gateway = await startGateway(env, join(state.dir, 'gateway.log'));
      stops.push(() => gateway.stop());
      const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: interrupted });
      const cpu = counting(() => ({
        ...{ gateway: gateway.pid, worker: last, temporal: state.pids['temporal'], bench: process.pid },
      }));
      const found = await work({
        ...{ temporal, receiver, progress, first, worker, pause },
        send: (alerts, pace) => sendAll(gateway.url, env[TOKEN] ?? '', alerts, { ...pace, signal: interrupted }),
        until: async (isSo, maxMs) => {
          const end = Date.now() + maxMs;
          while (!(await isSo())) {
            if (Date.now() > end) return false;
            await pause(LOOK_MS);
          }
          return true;
        },
      });
      return { ...found, cpu: cpu() };
    } finally {
      for (const stop of stops.toReversed()) await stop();
    }
  });
}
