import { join } from 'node:path';
import { addresses } from '../../client/cli/sandboxAddresses.js';
import { connectTemporal, type Temporal } from '../../client/connection.js';
import { startWorker, type WorkerProcess } from '../../client/demo/workerProcess.js';
import type { ComponentName, SandboxState } from '../../sandbox/kit/types.js';
import { inSandbox } from './sandbox.js';
import { systemsDir } from './systems.js';

const everything: ComponentName[] = ['temporal', 'kubernetes', 'services', 'registry', 'slack'];

/** A sandbox of the benchmark's own, and what is needed to measure in it. */
export interface Place {
  state: SandboxState;
  temporal: Temporal;
  /** Starts the worker process as a user would, from the prebuilt bundle. */
  worker(): Promise<WorkerProcess>;
  workerLog: string;
}

/** The worker's environment: the sandbox's addresses, whatever Temporal or system the user's shell points at. */
function workerEnvironment(state: SandboxState): NodeJS.ProcessEnv {
  const mine = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|BELAY_|KUBECONFIG$|SLACK_)/.test(name));
  return {
    ...Object.fromEntries(mine),
    ...addresses(state, {}),
    BELAY_SANDBOX: 'off',
    BELAY_SYSTEMS: systemsDir(state),
    BELAY_EVIDENCE: join(state.dir, 'evidence'),
  };
}

/** Runs `work` in a fresh sandbox and stops it afterwards, also after a failure or Ctrl+C. */
export async function withPlace<T>(progress: (line: string) => void, work: (place: Place) => Promise<T>): Promise<T> {
  return inSandbox(everything, progress, async (state, interrupted) => {
    const env = workerEnvironment(state);
    const workerLog = join(state.dir, 'worker.log');
    const workers: WorkerProcess[] = [];
    const temporal = await connectTemporal(env);
    const worker = async (): Promise<WorkerProcess> => {
      const started = await startWorker(env, workerLog);
      workers.push(started);
      return started;
    };
    const aborted = new Promise<never>((_, reject) => {
      interrupted.addEventListener('abort', () => reject(interrupted.reason as Error));
    });
    try {
      return await Promise.race([work({ state, temporal, worker, workerLog }), aborted]);
    } finally {
      await temporal.close();
      await Promise.all(workers.map((one) => one.stop()));
    }
  });
}
