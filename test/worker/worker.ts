import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../sandbox/kit/paths.js';
import { cleanEnv } from '../client/cli.js';

type Line = Record<string, unknown> & { msg?: string };

/** The compiled worker as a child process; its log lines as objects. */
export class WorkerChild {
  readonly lines: Line[] = [];
  readonly exited: Promise<number>;
  private readonly child: ChildProcess;
  private wake = (): void => undefined;

  constructor(env: Record<string, string>) {
    const main = join(projectRoot(), 'dist', 'worker', 'main.js');
    this.child = spawn(process.execPath, [main], {
      env: cleanEnv(env),
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code) => {
        resolve(code ?? -1);
        this.wake();
      });
    });
    const { stdout } = this.child;
    if (!stdout) throw new Error('no output to read');
    createInterface({ input: stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.wake();
    });
  }

  /** The first line with this message; fails when the process ends without it. */
  async line(msg: string): Promise<Line> {
    let ended = false;
    void this.exited.then(() => (ended = true));
    for (;;) {
      const found = this.lines.find((line) => line.msg === msg);
      if (found) return found;
      if (ended) throw new Error(`The worker ended without "${msg}": ${JSON.stringify(this.lines.at(-1))}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}
