import { execFile, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../sandbox/kit/paths.js';

const root = projectRoot();
const main = join(root, 'dist', 'client', 'cli', 'main.js');

/** What a command printed and how it ended. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Compiles the sources into `dist` unless they are compiled already. Call it in `beforeAll`. */
export async function built(): Promise<void> {
  const bootstrap = join(root, 'sandbox', 'bootstrap.mjs');
  await promisify(execFile)(process.execPath, [bootstrap, 'build', '--lenient'], { timeout: 300_000 });
}

/** Environment of a command that depends on nothing of this machine. */
export function cleanEnv(env: Record<string, string> = {}): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), 'belay-cli-'));
  return { PATH: process.env['PATH'] ?? '', HOME: home, BELAY_SANDBOX: 'off', NO_COLOR: '1', ...env };
}

/** Runs the compiled `belay` as a child process. */
export function belay(args: string[], env: Record<string, string> = {}, input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { env: cleanEnv(env), cwd: tmpdir() });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.end(input);
  });
}
