import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { projectRoot } from '../../sandbox/kit/paths.js';

const READY_MS = 60_000;

/** A worker as users run it: a process of the compiled code. */
export interface WorkerProcess {
  pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM and a drain; SIGKILL when that takes too long. */
  stop(): Promise<void>;
}

/** Starts a worker with this environment and waits for its ready line. Its log is appended to `log`. */
export async function startWorker(env: Record<string, string>, log: string): Promise<WorkerProcess> {
  const { PATH, HOME, TZ } = process.env;
  const inherited = Object.fromEntries(Object.entries({ PATH, HOME, TZ }).filter(([, value]) => value !== undefined));
  const child = spawn(process.execPath, [join(projectRoot(), 'dist', 'worker', 'main.js')], {
    cwd: projectRoot(),
    // Nothing of the test runner's own environment (loaders, sandbox names, a developer's Temporal) reaches it.
    env: { ...inherited, BELAY_SHUTDOWN_GRACE_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Whoever started it may be interrupted; a worker must not outlive its test.
  const orphaned = (): void => void child.kill('SIGKILL');
  process.once('exit', orphaned);
  const gone = once(child, 'exit').finally(() => process.off('exit', orphaned));
  const output = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  void gone.then(() => output.end());
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await gone;
  };
  try {
    await ready(child, log);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    kill: () => end('SIGKILL'),
    stop: async () => {
      const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await end('SIGTERM');
      clearTimeout(force);
    },
  };
}

function ready(child: ChildProcess, log: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const late = setTimeout(() => reject(new Error(`the worker was not ready in time; log: ${log}`)), READY_MS);
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`the worker ended with ${code} before it was ready: ${seen.slice(-2_000)}`));
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (seen.length < 100_000) seen += chunk.toString();
      if (!seen.includes('"worker ready"')) return;
      clearTimeout(late);
      resolve();
    });
  });
}
