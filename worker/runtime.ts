import { Runtime } from '@temporalio/worker';
import type { Logger as PinoLogger } from 'pino';
import type { WorkerConfig } from './config.js';
import { sdkLogger } from './logger.js';

/** Installs the SDK's runtime: logs to pino, metrics for Prometheus. Once per process, before any connection. */
export function installRuntime(config: WorkerConfig, logger: PinoLogger): void {
  Runtime.install({
    logger: sdkLogger(logger),
    // Signals are handled in shutdown.ts, where a second one forces the end.
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(config.metrics
        ? {
            metrics: {
              prometheus: {
                bindAddress: `${config.metrics.host}:${config.metrics.port}`,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
              },
            },
          }
        : {}),
    },
  });
}
