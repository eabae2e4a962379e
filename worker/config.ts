import { hostname } from 'node:os';
import { EnvironmentReader } from './environment.js';
import { readHost } from './host.js';
import type { WorkerHost } from './host.js';

const mostPort = 65_535;
/** Names and build ids of deployments: at most 63 characters, as the Kubernetes worker controller asks. */
const versionPart = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const versionWords = 'must be 1 to 63 letters, digits, "-" or "_"';
const loopback = '127.0.0.1';

/** Everything that a worker process is told by its environment. Times in milliseconds. */
export interface WorkerConfig {
  taskQueue: string;
  host: WorkerHost;
  identity: string;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** Absent: no health server. Port 0: a free port, which the ready line names. */
  health?: { host: string; port: number };
  metrics?: { host: string; port: number };
  maxActivities: number;
  maxWorkflowTasks: number;
  shutdownGraceMs: number;
  /** How long a workflow waits for the worker that has it in its cache before any other may take it: the pause after a worker's death. */
  stickyMs: number;
  /** Worker versioning; on only when the deployment says which version this is. */
  version?: { deploymentName: string; buildId: string };
}

/** The environment is wrong; `problems` holds every variable that is, not only the first. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: string[]) {
    super(`The environment is not usable: ${problems.join('; ')}`);
  }
}

/** Reads the worker's configuration. Throws `ConfigError` with every problem. */
export function loadWorkerConfig(env: NodeJS.ProcessEnv = process.env): WorkerConfig {
  const read = new EnvironmentReader(env);
  const healthPort = read.whole('BELAY_HEALTH_PORT', 0, mostPort);
  const metricsPort = read.whole('BELAY_METRICS_PORT', 1, mostPort);
  const deploymentName = read.matching('TEMPORAL_DEPLOYMENT_NAME', versionPart, versionWords);
  const buildId = read.matching('TEMPORAL_WORKER_BUILD_ID', versionPart, versionWords);
  const taskQueue = read.textUpTo('BELAY_TASK_QUEUE', 200) ?? 'belay';
  const config: WorkerConfig = {
    taskQueue,
    host: readHost(read, taskQueue),
    identity: `belay-worker@${hostname()}:${process.pid}`,
    logLevel: read.oneOf('BELAY_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error']) ?? 'info',
    ...(healthPort === undefined
      ? {}
      : { health: { host: read.text('BELAY_HEALTH_HOST') ?? loopback, port: healthPort } }),
    ...(metricsPort === undefined
      ? {}
      : { metrics: { host: read.text('BELAY_METRICS_HOST') ?? loopback, port: metricsPort } }),
    maxActivities: read.whole('BELAY_MAX_ACTIVITIES', 1, 10_000) ?? 400,
    maxWorkflowTasks: read.whole('BELAY_MAX_WORKFLOW_TASKS', 2, 1_000) ?? 80,
    shutdownGraceMs: (read.number('BELAY_SHUTDOWN_GRACE_SECONDS', 0, 3_600) ?? 10) * 1_000,
    stickyMs: (read.number('BELAY_STICKY_SECONDS', 0.001, 60) ?? 5) * 1_000,
    ...(deploymentName !== undefined && buildId !== undefined ? { version: { deploymentName, buildId } } : {}),
  };
  const together = ['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID'].filter((name) => read.text(name));
  if (together.length === 1)
    read.problems.push(
      `${together.join('')}: set TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID together, or neither`,
    );
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}
