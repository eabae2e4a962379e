import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import type { Logger as PinoLogger } from 'pino';
import { createActivities, loadAhead } from '../activities/index.js';
import type { WorkerConfig } from './config.js';
import { loadTemporalTarget } from './connection.js';
import { createConnections } from './connections.js';
import { startHealthServer } from './health.js';
import type { HealthServer } from './health.js';
import { activityLog } from './interceptors.js';
import { sdkLogger } from './logger.js';
import { checkNamespace } from './preflight.js';
import { onTermination } from './shutdown.js';
import { drain, notPolling, runTogether } from './together.js';
import { buildBundle, findPrebuiltBundle } from './workflowBundle.js';

/** A probe must answer before the kubelet's own timeout, which is one second unless told otherwise. */
const reachableWithinMs = 800;

async function workflowSource(logger: PinoLogger): Promise<Pick<WorkerOptions, 'workflowBundle'>> {
  const prebuilt = findPrebuiltBundle();
  if ('codePath' in prebuilt) return { workflowBundle: prebuilt };
  logger.info({ reason: prebuilt.unusable }, 'bundling workflows at start; `npm run build` makes starts faster');
  const { code } = await buildBundle(sdkLogger(logger.child({}, { level: 'warn' })));
  return { workflowBundle: { code } };
}

/** An option of the SDK that its types leave out. */
export interface WorkflowTime {
  isolateExecutionTimeout: string;
}

/**
 * How long workflow code may compute in one go. The SDK's five seconds are too few for thousands of signals that wait for a run when a worker comes back, or for a
 * machine that is out of breath; and code that is stopped there takes the whole process with it (temporalio/sdk-typescript#939).
 */
export const workflowTime: WorkflowTime = { isolateExecutionTimeout: '60s' };

/** Worker options that do not depend on connections. */
export function workerOptions(config: WorkerConfig): Omit<WorkerOptions, 'activities' | 'connection'> & WorkflowTime {
  return {
    ...workflowTime,
    taskQueue: config.taskQueue,
    identity: config.identity,
    // A watch of a rollout holds its slot for minutes and costs little: slots must outnumber concurrent rollouts by far.
    maxConcurrentActivityTaskExecutions: config.maxActivities,
    maxConcurrentWorkflowTaskExecutions: config.maxWorkflowTasks,
    // A cancel reaches an activity with a heartbeat's answer; the default (60 s) would make an abort slow.
    maxHeartbeatThrottleInterval: '5s',
    defaultHeartbeatThrottleInterval: '5s',
    stickyQueueScheduleToStartTimeout: config.stickyMs,
    shutdownGraceTime: config.shutdownGraceMs,
    // Whatever does not stop by then is taken up by another worker.
    shutdownForceTime: config.shutdownGraceMs + 10_000,
    ...(config.version
      ? {
          workerDeploymentOptions: {
            version: config.version,
            useWorkerVersioning: true,
            // Runs last minutes and hold locks: they end on the version that they began on.
            defaultVersioningBehavior: 'PINNED',
          },
        }
      : {}),
  };
}

async function health(
  config: WorkerConfig,
  workers: readonly Worker[],
  connection: NativeConnection,
): Promise<HealthServer | null> {
  if (!config.health) return null;
  return startHealthServer(config.health, async () => {
    const reason = notPolling(workers);
    if (reason !== undefined) return { ready: false, reason };
    await connection.withDeadline(Date.now() + reachableWithinMs, () => connection.workflowService.getSystemInfo({}));
    return { ready: true, reason: 'polling' };
  });
}

/**
 * Connects, checks the namespace, polls the task queue and the host's own queue (or only that) until SIGTERM or SIGINT, drains. Writes one `worker ready` line once it polls. Throws
 * `PreflightError` when the namespace is not set up and the SDK's `TransportError` when Temporal is not reachable.
 * `installRuntime` must have been called.
 */
export async function runWorker(config: WorkerConfig, logger: PinoLogger, env = process.env): Promise<void> {
  const target = loadTemporalTarget(env);
  const connecting = NativeConnection.connect(target.connectionOptions);
  // Found while the connection is being made; what it throws is told below, where it is awaited.
  const source = config.host.only ? Promise.resolve(undefined) : workflowSource(logger);
  source.catch(() => undefined);
  const connection = await connecting;
  let closeHealth: HealthServer | null = null;
  let forgetSignals = (): void => undefined;
  try {
    const surroundings = { config, connection, namespace: target.namespace, logger, env };
    // The server's answers take longest: asked first.
    const [, connections, bundle] = await Promise.all([
      checkNamespace(connection, target.namespace),
      createConnections(surroundings),
      source,
    ]);
    const shared: WorkerOptions & WorkflowTime = {
      ...workerOptions(config),
      connection,
      namespace: target.namespace,
      activities: createActivities(connections),
      interceptors: { activity: [activityLog(logger)] },
    };
    const workers = await Promise.all([
      ...(bundle ? [Worker.create({ ...shared, ...bundle })] : []),
      Worker.create({ ...shared, taskQueue: config.host.queue }),
    ]);
    closeHealth = await health(config, workers, connection);
    forgetSignals = onTermination(logger, () => drain(workers));
    const running = runTogether(workers);
    logger.info(
      {
        ...(config.host.only ? {} : { queue: config.taskQueue }),
        hostQueue: config.host.queue,
        namespace: target.namespace,
        temporal: target.address,
        ...(closeHealth ? { healthPort: closeHealth.port } : {}),
        ...(config.metrics ? { metricsPort: config.metrics.port } : {}),
        ...(config.version ? { version: config.version } : {}),
        ms: Math.round(performance.now()),
      },
      'worker ready',
    );
    if (!config.host.only) void loadAhead(connections);
    await running;
    logger.info('worker stopped');
  } finally {
    forgetSignals();
    await closeHealth?.close();
    await connection.close();
  }
}
