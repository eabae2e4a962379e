import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { searchAttributes } from '../../worker/searchAttributes.js';
import { httpProbe } from '../kit/probes.js';
import { freePort } from '../kit/ports.js';
import { findOrInstall } from '../kit/program.js';
import { startDetached, stopPid, waitReady } from '../kit/process.js';
import type { Progress, SandboxState } from '../kit/types.js';
import { temporalProgram } from './program.js';

const NAMESPACE = 'default';
const READY_MS = 60_000;

// By default each history shard is polled at most 20 times a second, and a development server has few shards: after some
// 20 tasks every dispatch then waits ~40 ms.
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollRPS=1000',
  'history.visibilityProcessorMaxPollRPS=1000',
];

export interface TemporalOptions {
  /** The sandbox's folder. */
  dir: string;
  /** Default: any free ports. */
  ports?: { grpc?: number; ui?: number };
  /** Keeps workflows in a database file under `dir/temporal/`, so that they survive a restart. Default: in memory. */
  persistent?: boolean;
  progress: Progress;
}

/** Starts a Temporal development server with its UI on 127.0.0.1 and waits until both answer. */
export async function startTemporal(options: TemporalOptions): Promise<{
  pids: Record<string, number>;
  temporal: NonNullable<SandboxState['temporal']>;
}> {
  const file = await findOrInstall(temporalProgram, options.progress);
  const grpc = options.ports?.grpc ?? (await freePort());
  const ui = options.ports?.ui ?? (await freePort());
  const data = join(options.dir, 'temporal');
  await mkdir(data, { recursive: true });
  const args = [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${grpc}`,
    `--ui-port=${ui}`,
    `--namespace=${NAMESPACE}`,
    '--log-level=warn',
    ...(options.persistent ? ['--db-filename', join(data, 'temporal.db')] : []),
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
  ];
  // The command reads a user's profile and TEMPORAL_* otherwise; the sandbox's server is not to depend on those.
  const env = { TEMPORAL_CONFIG_FILE: join(data, 'no-profile.toml'), TEMPORAL_ENV_FILE: join(data, 'no-env.yaml') };
  const started = await startDetached({ name: 'temporal', file, args, dir: options.dir, env });
  const temporal = { address: `127.0.0.1:${grpc}`, ui: `http://127.0.0.1:${ui}`, namespace: NAMESPACE };
  try {
    await waitReady(started, () => checkTemporal(temporal), READY_MS);
  } catch (error) {
    await stopPid(started.pid, 2_000);
    throw error;
  }
  return { pids: { temporal: started.pid }, temporal };
}

/** Throws unless the namespace is served over gRPC, its search attributes are there, and the UI answers. */
export async function checkTemporal(temporal: NonNullable<SandboxState['temporal']>): Promise<void> {
  // Imported here: a command that never speaks to Temporal need not load gRPC.
  const { Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address: temporal.address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, async () => {
      const { namespace } = temporal;
      await connection.workflowService.describeNamespace({ namespace });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      if (!customAttributes?.['BelayRunbook']) throw new Error('search attributes are not registered yet');
    });
  } finally {
    await connection.close();
  }
  await httpProbe(temporal.ui)();
}
