import type { Logger as PinoLogger } from 'pino';

/** Conventional exit code of a process ended by a signal: 128 + 15. */
const forcedExitCode = 143;

/**
 * SIGTERM or SIGINT: `drain` once (take no new work, let activities finish within the grace time). A second signal ends the process
 * at once; runs then go on elsewhere after their activities' heartbeat timeout. Returns a function that removes the handlers.
 */
export function onTermination(logger: PinoLogger, drain: () => void): () => void {
  let draining = false;
  const handle = (signal: NodeJS.Signals): void => {
    if (draining) {
      logger.warn({ signal }, 'second signal: ending without drain');
      process.exit(forcedExitCode);
    }
    draining = true;
    logger.info({ signal }, 'draining');
    drain();
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
  return () => {
    process.off('SIGTERM', handle);
    process.off('SIGINT', handle);
  };
}
