import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './kit/command.js';
import { goInstall } from './kit/goBuild.js';
import { freePort } from './kit/ports.js';
import { httpProbe } from './kit/probes.js';
import { startDetached, stopPid, waitReady } from './kit/process.js';
import { findOrInstall } from './kit/program.js';
import type { ProgramSpec, Progress } from './kit/types.js';

const VERSION = '1.8.0';
const READY_MS = 30_000;

/** An S3 server on loopback, with the only account that it knows. */
export interface ObjectStore {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** versitygw: an S3 server over a folder, strict in signatures, checksums and conditional writes. */
export const versitygwProgram: ProgramSpec = {
  name: 'versitygw',
  version: VERSION,
  env: 'BELAY_VERSITYGW_BIN',
  path: ['versitygw'],
  async check(file) {
    const { stdout, stderr } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    return /version/i.test(stdout + stderr) ? undefined : 'it is not versitygw';
  },
  install: (dir, progress) =>
    goInstall('github.com/versity/versitygw/cmd/versitygw', `v${VERSION}`, { dir, progress, ldflags: '-s -w' }),
  hint: 'Install versitygw (https://github.com/versity/versitygw) so that `versitygw` is on the PATH, or set BELAY_VERSITYGW_BIN to it.',
};

/** Starts the S3 server with versioning, on 127.0.0.1, and waits until it answers. Buckets are folders under `dir/objectstore/data`. */
export async function startObjectStore(options: {
  dir: string;
  progress: Progress;
}): Promise<{ pids: Record<string, number>; objectstore: ObjectStore }> {
  const file = await findOrInstall(versitygwProgram, options.progress);
  const [data, versions] = [join(options.dir, 'objectstore', 'data'), join(options.dir, 'objectstore', 'versions')];
  await Promise.all([data, versions].map((folder) => mkdir(folder, { recursive: true })));
  const port = await freePort();
  const objectstore: ObjectStore = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    accessKeyId: 'belay-sandbox',
    secretAccessKey: randomBytes(24).toString('hex'),
  };
  const args = [
    `--port=127.0.0.1:${port}`,
    `--region=${objectstore.region}`,
    '--health=/health',
    '--quiet',
    'posix',
    `--versioning-dir=${versions}`,
    data,
  ];
  // Not as arguments: those can be read by every user of the machine.
  const env = { ROOT_ACCESS_KEY: objectstore.accessKeyId, ROOT_SECRET_KEY: objectstore.secretAccessKey };
  const started = await startDetached({ name: 'objectstore', file, args, dir: options.dir, env });
  try {
    await waitReady(started, httpProbe(`${objectstore.endpoint}/health`), READY_MS);
  } catch (error) {
    await stopPid(started.pid, 2_000);
    throw error;
  }
  return { pids: { objectstore: started.pid }, objectstore };
}
