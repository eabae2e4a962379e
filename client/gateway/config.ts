import { ConfigError } from '../../worker/config.js';
import { EnvironmentReader } from '../../worker/environment.js';

/** Everything that a gateway process is told. Times in milliseconds. */
export interface GatewayConfig {
  host: string;
  /** 0: a free one, which the ready line names. */
  port: number;
  /** Names of the systems to serve; all descriptions when left out. */
  systems?: string[];
  taskQueue: string;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  shutdownGraceMs: number;
  limits: GatewayLimits;
}

/** Per source; each has its own, so that a noisy one starves no other. */
export interface GatewayLimits {
  /** Requests of an Alertmanager within ten seconds; above it 503, which makes it try again. */
  alertmanagerPer10s: number;
  /** Requests of a bot within a minute; above it 429. */
  botPerMinute: number;
  /** Requests that are being handed to Temporal at the same time. */
  atOnce: number;
}

export const defaultLimits: GatewayLimits = {
  alertmanagerPer10s: 5_000,
  botPerMinute: 600,
  atOnce: 200,
};

/** What may be given on the command line instead of in the environment. */
export interface GatewayOptions {
  host?: string;
  port?: string;
  systems?: string;
}

const names = (text: string | undefined): string[] | undefined => {
  const found = text?.split(',').flatMap((name) => name.trim() || []) ?? [];
  return found.length > 0 ? found : undefined;
};

/** Reads the gateway's configuration; options win over the environment. Throws `ConfigError` with every problem. */
export function loadGatewayConfig(options: GatewayOptions = {}, env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const given = {
    ...env,
    ...(options.host !== undefined && { BELAY_GATEWAY_HOST: options.host }),
    ...(options.port !== undefined && { BELAY_GATEWAY_PORT: options.port }),
    ...(options.systems !== undefined && { BELAY_GATEWAY_SYSTEMS: options.systems }),
  };
  const read = new EnvironmentReader(given);
  const systems = names(read.text('BELAY_GATEWAY_SYSTEMS'));
  const config: GatewayConfig = {
    host: read.text('BELAY_GATEWAY_HOST') ?? '127.0.0.1',
    port: read.whole('BELAY_GATEWAY_PORT', 0, 65_535) ?? 8_088,
    ...(systems && { systems }),
    taskQueue: read.textUpTo('BELAY_TASK_QUEUE', 200) ?? 'belay',
    logLevel: read.oneOf('BELAY_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error']) ?? 'info',
    shutdownGraceMs: (read.number('BELAY_SHUTDOWN_GRACE_SECONDS', 0, 3_600) ?? 30) * 1_000,
    limits: {
      alertmanagerPer10s:
        read.whole('BELAY_GATEWAY_ALERTMANAGER_PER_10S', 1, 1_000_000) ?? defaultLimits.alertmanagerPer10s,
      botPerMinute: read.whole('BELAY_GATEWAY_BOT_PER_MINUTE', 1, 1_000_000) ?? defaultLimits.botPerMinute,
      atOnce: read.whole('BELAY_GATEWAY_AT_ONCE', 1, 100_000) ?? defaultLimits.atOnce,
    },
  };
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}
