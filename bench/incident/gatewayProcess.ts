import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A gateway in a process of its own, on a free port. */
export interface GatewayProcess {
  url: string;
  pid: number;
  /** SIGTERM, then waits for its end. */
  stop(): Promise<void>;
}

const cli = fileURLToPath(new URL('../../client/cli/main.js', import.meta.url));

/** Starts `belay gateway` and waits until it listens. Its log goes to `log`. */
export async function startGateway(env: NodeJS.ProcessEnv, log: string): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [cli, 'gateway', '--port', '0'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  const file = createWriteStream(log, { flags: 'a' });
  child.stderr.pipe(file, { end: false });
  const port = await new Promise<number>((resolve, reject) => {
    let last = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      file.write(`${line}\n`);
      last = line;
      const ready = /"port":(\d+).*"gateway ready"/.exec(line)?.[1];
      if (ready !== undefined) resolve(Number(ready));
    });
    void ended.then((code) => reject(new Error(`The gateway ended with code ${code}: ${last} (its log: ${log})`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      file.end();
    },
  };
}
