import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A worker in a process of its own. */
export interface WorkerProcess {
  pid: number;
  /** Milliseconds from its start until it polled. */
  readyMs: number;
  /** SIGTERM, then waits for its end. */
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../worker/main.js', import.meta.url));

/** Starts a worker with this environment and waits until it polls. Its log goes to `log`. */
export async function startWorker(env: NodeJS.ProcessEnv, log: string): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  const file = createWriteStream(log, { flags: 'a' });
  child.stderr.pipe(file, { end: false });
  const readyMs = await new Promise<number>((resolve, reject) => {
    let last = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      file.write(`${line}\n`);
      last = line;
      const entry = JSON.parse(line) as { msg?: string; ms?: number };
      if (entry.msg === 'worker ready') resolve(entry.ms ?? 0);
    });
    void ended.then((code) => reject(new Error(`The worker ended with code ${code}: ${last} (its log: ${log})`)));
  });
  return {
    pid: child.pid ?? 0,
    readyMs,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      file.end();
    },
  };
}
