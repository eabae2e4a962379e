import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBackupActivities } from '../../activities/backup/index.js';
import { createSecretResolver } from '../../activities/secrets/index.js';
import { scratchRoot } from '../../activities/throwaway/index.js';
import { machineCpuSeconds } from '../kit/calm.js';
import { bareRestore } from './bareRestore.js';
import type { Answer, Call, Measured } from './types.js';

// The worker process of the benchmark: runs one call after the other, as activities, and tells what each has used.

const secrets = createSecretResolver({
  env: process.env,
  readFile: () => Promise.reject(new Error('no secret is in a file here')),
});
const activities = createBackupActivities({
  secrets,
  kubernetes: () => Promise.reject(new Error('there is no Kubernetes here')),
});
const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 30_000 }, { logger: quiet });

async function play(call: Call): Promise<unknown> {
  if (call.name !== 'bareRestore') {
    const activity = activities[call.name] as (input: unknown) => Promise<unknown>;
    return environment.run(activity, call.input);
  }
  const scratch = await mkdtemp(join(scratchRoot(), 'bare-'));
  const { run, dump } = call.input;
  const signal = environment.context?.cancellationSignal ?? new AbortController().signal;
  try {
    return await bareRestore(dump, { secrets, signal, scratch, progress: () => undefined, run, system: 'bench' });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measured(call: Call): Promise<Measured<unknown>> {
  const [cpu, machine, from] = [process.cpuUsage(), machineCpuSeconds(), performance.now()];
  const result = await play(call);
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    result,
    seconds,
    nodeCpuSeconds: (user + system) / 1e6,
    machineCpuSeconds: machineCpuSeconds() - machine,
    // Kilobytes of 1024 bytes, whatever the name says.
    maxRssMB: (process.resourceUsage().maxRSS * 1_024) / 1e6,
  };
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const answer = (text: Answer): void => void process.send?.(text);

// Cancelled work ends its programs and its throwaway server by itself.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => environment.cancel());

process.on('message', (call: Call) => {
  measured(call).then(
    (one) => answer({ measured: one }),
    (error: unknown) => answer({ failed: said(error) }),
  );
});
