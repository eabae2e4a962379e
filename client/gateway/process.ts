import { hostname } from 'node:os';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import { createSecretResolver } from '../../activities/secrets/index.js';
import { BUTTON_KEY, OLD_BUTTON_KEY } from '../../activities/slack/buttonValue.js';
import { InvalidSystemError, listSystems, loadSystem, UnknownSystemError } from '../../systems/load.js';
import { ConfigError } from '../../worker/config.js';
import { loadTemporalTarget } from '../../worker/connection.js';
import { createLogger } from '../../worker/logger.js';
import { secretSources } from '../../worker/secretSources.js';
import { onTermination } from '../../worker/shutdown.js';
import { createIncidentPort } from '../incidents/index.js';
import { loadGatewayConfig } from './config.js';
import type { GatewayConfig, GatewayOptions } from './config.js';
import { identify } from './identify.js';
import { createMetrics } from './metrics.js';
import { RefreshedSecrets } from './secrets.js';
import { createGateway } from './server.js';
import { allSources, collectSources, secretsOf, SourcesError } from './sources.js';
import type { GatewayDeps, Source } from './types.js';

const exitCode = { error: 1, usage: 2 };

/** A lazy connection: the gateway starts, and answers 503, while Temporal is away. */
function connect(env: NodeJS.ProcessEnv): { client: Client; connection: Connection; address: string } {
  const { address, namespace, connectionOptions } = loadTemporalTarget(env);
  const { apiKey, tls, metadata } = connectionOptions;
  const connection = Connection.lazy({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata }),
    // The default waits up to two minutes between two tries after a long outage.
    channelArgs: { 'grpc.max_reconnect_backoff_ms': 3_000 },
  });
  const client = new Client({ connection, namespace, identity: `belay-gateway@${hostname()}:${process.pid}` });
  return { client, connection, address };
}

/** Keys of the buttons in Slack's messages. The old one only where it is set: it is there while one takes over from the other. */
function buttonReferences(sources: readonly Source[], env: NodeJS.ProcessEnv): string[] {
  if (!sources.some(({ config }) => config.type === 'slack')) return [];
  return [BUTTON_KEY, ...(env['BELAY_BUTTON_KEY_OLD'] ? [OLD_BUTTON_KEY] : [])];
}

async function secretsFor(deps: Omit<GatewayDeps, 'secrets'>, env: NodeJS.ProcessEnv): Promise<RefreshedSecrets> {
  const sources = allSources(deps.sources);
  const kube = () => import('../../activities/kubernetes/index.js').then(({ connectByContext }) => connectByContext());
  const secrets: RefreshedSecrets = new RefreshedSecrets(
    createSecretResolver(secretSources(env, kube)),
    [...sources.flatMap(secretsOf), ...buttonReferences(sources, env)],
    deps.log,
    () => {
      const without = sources.filter((source) => secrets.values(secretsOf(source)).length === 0);
      deps.metrics.withoutSecret.set(without.length);
      for (const { name } of without) deps.log.error({ source: name }, 'nobody can use this source: it has no secret');
    },
  );
  await secrets.start();
  return secrets;
}

/** Resolves once the process is told to stop and everything under way has ended, or the grace time has passed. */
function untilStopped(app: FastifyInstance, { shutdownGraceMs }: GatewayConfig, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const forget = onTermination(log, () => {
      const late = setTimeout(() => {
        log.warn('requests still under way after the grace time; their senders repeat them');
        resolve();
      }, shutdownGraceMs);
      void app.close().then(() => {
        clearTimeout(late);
        forget();
        resolve();
      });
    });
  });
}

/**
 * Serves until SIGTERM or SIGINT. Writes one `gateway ready` line once it listens. Throws when a description cannot be used or the port is taken; Temporal
 * need not be there.
 */
export async function runGateway(config: GatewayConfig, log: Logger, env: NodeJS.ProcessEnv): Promise<void> {
  const systems = (config.systems ?? listSystems()).map((name) => loadSystem(name).system);
  const metrics = createMetrics();
  collectDefaultMetrics({ register: metrics.registry });
  const { client, connection, address } = connect(env);
  const known = {
    systems: new Map(systems.map((system) => [system.name, system])),
    sources: collectSources(systems),
    client,
    incidents: createIncidentPort({ client, queue: config.taskQueue, clock: Date.now }),
    log,
    clock: Date.now,
    metrics,
    identify,
  };
  const secrets = await secretsFor(known, env);
  try {
    const app = await createGateway({ ...known, secrets }, { limits: config.limits });
    await app.listen({ host: config.host, port: config.port });
    const { port } = app.server.address() as AddressInfo;
    const sources = allSources(known.sources).map(({ name }) => name);
    log.info({ host: config.host, port, temporal: address, sources }, 'gateway ready');
    await untilStopped(app, config, log);
    log.info('gateway stopped');
  } finally {
    secrets.stop();
    await connection.close();
  }
}

const isUsage = (error: unknown): boolean =>
  error instanceof ConfigError ||
  error instanceof SourcesError ||
  error instanceof InvalidSystemError ||
  error instanceof UnknownSystemError;

/** Runs a gateway as options and environment say, until it is told to stop. Returns the exit code: 0 after a stop, 1 when it could not run, 2 when it was told something wrong. */
export async function gatewayProcess(options: GatewayOptions, env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const named = (level: string) => createLogger(level, undefined, 'belay-gateway');
  let log = named('info');
  try {
    const config = loadGatewayConfig(options, env);
    log = named(config.logLevel);
    await runGateway(config, log, env);
    return 0;
  } catch (error) {
    log.fatal(error instanceof Error ? error.message : String(error));
    return isUsage(error) ? exitCode.usage : exitCode.error;
  }
}
