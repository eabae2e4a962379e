import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A gateway in a process of its own. */
export interface GatewayProcess {
  url: string;
  /** SIGTERM, then waits for its end. */
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** Starts a gateway on a free port of 127.0.0.1 for one system, and waits until it listens. Its log goes to `log`. */
export async function startGateway(env: NodeJS.ProcessEnv, system: string, log: string): Promise<GatewayProcess> {
  const args = [main, 'gateway', '--port', '0', '--systems', system];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  const file = createWriteStream(log, { flags: 'a' });
  child.stderr.pipe(file, { end: false });
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      file.write(`${line}\n`);
      if (!line.startsWith('{')) return;
      const entry = JSON.parse(line) as { msg?: string; port?: number };
      if (entry.msg === 'gateway ready') resolve(entry.port ?? 0);
    });
    void ended.then((code) => reject(new Error(`The gateway ended with code ${code} (its log: ${log})`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      file.end();
    },
  };
}
