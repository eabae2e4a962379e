import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger as PinoLogger } from 'pino';
import { openEvidenceStore } from '../activities/evidence/index.js';
import type { Connections } from '../activities/index.js';
import type { Connect } from '../activities/kubernetes/session.js';
import { createSecretResolver } from '../activities/secrets/index.js';
import { scratchRoot } from '../activities/throwaway/root.js';
import type { WorkerConfig } from './config.js';
import { secretSources } from './secretSources.js';

/** What the worker process has at hand. */
export interface Surroundings {
  config: Pick<WorkerConfig, 'host' | 'identity'>;
  connection: NativeConnection;
  namespace: string;
  logger: PinoLogger;
  env: NodeJS.ProcessEnv;
}

/** Opens what activities need. Nothing is contacted yet: a cluster that is away must not keep the worker from starting. */
export async function createConnections(surroundings: Surroundings): Promise<Connections> {
  const { config, connection, namespace, logger, env } = surroundings;
  const client = new Client({ connection, namespace, identity: config.identity });
  // Loaded on first use: the Kubernetes client is large, and a worker should poll before.
  let loading: Promise<Connect> | undefined;
  const connect = (): Promise<Connect> =>
    (loading ??= import('../activities/kubernetes/index.js').then(({ connectByContext }) => connectByContext()));
  return {
    backups: { scratchRoot: scratchRoot(env), hostQueue: config.host.queue },
    catalogue: async () => {
      const [{ runbookInputs }, { rememberingLoader }] = await Promise.all([
        import('./runbookInputs.js'),
        import('../systems/remembered.js'),
      ]);
      return { runbooks: runbookInputs(), loadSystem: rememberingLoader() };
    },
    evidence: await openEvidenceStore(env['BELAY_EVIDENCE']),
    kubernetes: connect,
    log: (fields, message) => logger.info(fields, message),
    secrets: createSecretResolver(secretSources(env, connect)),
    temporal: () => client,
  };
}
