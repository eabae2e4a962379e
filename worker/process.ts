import { ConfigError, loadWorkerConfig } from './config.js';
import { loadTemporalTarget } from './connection.js';
import { createLogger } from './logger.js';
import { PreflightError } from './preflight.js';
import { runWorker } from './run.js';
import { installRuntime } from './runtime.js';

const exitCode = { error: 1, usage: 2 };

/** One line with cause and cure. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PreflightError || error instanceof ConfigError) return message;
  if (error instanceof Error && error.name === 'TransportError') {
    return `Temporal is not reachable at ${loadTemporalTarget().address}. Set TEMPORAL_ADDRESS, or start a sandbox with \`belay sandbox up\`. (${message})`;
  }
  return message;
}

/**
 * Runs a worker as the environment says, until it is told to stop; for `node dist/worker/main.js` and `belay worker`. Sets the exit
 * code: 0 after a drain, 1 when it could not run, 2 when the environment is wrong. Stacks are logged at level debug only.
 */
export async function workerProcess(): Promise<void> {
  const verbose = process.env['BELAY_LOG_LEVEL'] === 'debug' || process.env['BELAY_LOG_LEVEL'] === 'trace';
  let logger = createLogger('info');
  try {
    const config = loadWorkerConfig();
    logger = createLogger(config.logLevel);
    installRuntime(config, logger);
    await runWorker(config, logger);
  } catch (error) {
    logger.fatal(verbose ? { err: error } : {}, explain(error));
    process.exitCode = error instanceof ConfigError ? exitCode.usage : exitCode.error;
  }
}
