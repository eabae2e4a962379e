import type { Logger, LogLevel, LogMetadata } from '@temporalio/worker';
import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { redact } from '../activities/secrets/redact.js';

/** Value by value: a pattern that looks for credentials must not run over the quotes between two fields. */
const redactLine = (line: string): string =>
  `${JSON.stringify(JSON.parse(line, (_key, value: unknown) => (typeof value === 'string' ? redact(value) : value)))}\n`;

/**
 * JSON lines on stdout. Known secret values are taken out of the finished line, so that no field can carry one, however it
 * got there.
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ sync: true }),
  service = 'belay-worker',
): PinoLogger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => destination.write(redactLine(line)) },
  );
}

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Fields that are kept of the SDK's own; the rest (task tokens, history sizes) is noise to an operator. */
const names: Record<string, string> = {
  workflowId: 'workflowId',
  runId: 'runId',
  workflowType: 'runbook',
  activityType: 'activity',
  activityId: 'activityId',
  attempt: 'attempt',
  taskQueue: 'queue',
  sdkComponent: 'component',
  durationMs: 'ms',
  signal: 'signal',
};

function fields(meta: LogMetadata | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(meta ?? {})) {
    if (key === 'error') out['err'] = value;
    else if (key in names) out[names[key] ?? key] = value;
    else if (meta?.['sdkComponent'] === 'workflow' || meta?.['sdkComponent'] === 'activity') out[key] = value;
  }
  return out;
}

/** The SDK's logger (worker, core, `log` of workflows and activities) on top of pino. */
export function sdkLogger(logger: PinoLogger): Logger {
  const log = (level: LogLevel, message: string, meta?: LogMetadata) => logger[levels[level]](fields(meta), message);
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}
