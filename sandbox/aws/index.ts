import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '../kit/json.js';
import { projectRoot } from '../kit/paths.js';
import { freePort } from '../kit/ports.js';
import { httpProbe } from '../kit/probes.js';
import { startDetached, stopPid, waitReady, type StartedProcess } from '../kit/process.js';
import { findOrInstall } from '../kit/program.js';
import type { Progress, SandboxState } from '../kit/types.js';
import { motoProgram } from './moto.js';

const READY_MS = 60_000;

/** Configuration file of the double's process. */
export interface AwsConfig {
  port: number;
  moto: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Starts Amazon's control plane on loopback: moto, and before it the double that plays what moto does not (see `proxy.ts`). Nothing
 * stays behind when it fails.
 */
export async function startAws(options: {
  dir: string;
  progress: Progress;
}): Promise<{ pids: Record<string, number>; aws: NonNullable<SandboxState['aws']> }> {
  const { dir, progress } = options;
  const file = await findOrInstall(motoProgram, progress);
  const main = join(projectRoot(), 'dist', 'sandbox', 'aws', 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing; run npm run build first.`);
  progress('starting moto and the double of AWS before it');
  const [motoPort, port] = [await freePort(), await freePort()];
  const moto = `http://127.0.0.1:${motoPort}`;
  const config: AwsConfig = {
    port,
    moto,
    accessKeyId: 'AKIABELAYSANDBOX0000',
    secretAccessKey: randomBytes(24).toString('hex'),
  };
  // Not as arguments: those can be read by every user of the machine.
  const configFile = join(dir, 'aws', 'config.json');
  await writeJson(configFile, config);
  const endpoint = `http://127.0.0.1:${port}`;
  const started: StartedProcess[] = [];
  try {
    const motoArgs = ['-H', '127.0.0.1', '-p', String(motoPort)];
    started.push(await startDetached({ name: 'moto', file, args: motoArgs, dir }));
    const args = ['--enable-source-maps', main, configFile];
    // Options of the starting process (Jest's loaders, inspectors) are not meant for this one.
    started.push(await startDetached({ name: 'aws', file: process.execPath, args, dir, env: { NODE_OPTIONS: '' } }));
    const probes = [httpProbe(`${moto}/moto-api/`), httpProbe(`${endpoint}/_sandbox/health`)];
    await Promise.all(
      started.map((one, index) => waitReady(one, probes[index] ?? (() => Promise.resolve()), READY_MS)),
    );
    const seeded = await fetch(`${endpoint}/_sandbox/seed?region=us-east-1`, {
      method: 'POST',
      signal: AbortSignal.timeout(30_000),
    });
    if (!seeded.ok) throw new Error(`the double of AWS has no groups: ${await seeded.text()}`);
  } catch (error) {
    await Promise.all(started.map(({ pid }) => stopPid(pid, 2_000)));
    throw error;
  }
  const { accessKeyId, secretAccessKey } = config;
  return {
    pids: Object.fromEntries(started.map(({ name, pid }) => [name, pid])),
    aws: { endpoint, region: 'us-east-1', accessKeyId, secretAccessKey },
  };
}
