import type { SourceType } from '../../systems/backupSchema.js';
import type { Connect } from '../kubernetes/session.js';
import type { Engines } from './engine.js';
import type { EngineSource } from './work.js';

type Loaders = { [T in SourceType]: (connect: () => Promise<Connect>) => Promise<Engines[T]> };

const loaders: Loaders = {
  postgres: async () => (await import('../postgres/index.js')).postgresEngine,
  redis: async () => (await import('../redis/index.js')).redisEngine,
  sqlite: async () => (await import('../sqlite/index.js')).sqliteEngine,
  folder: async () => (await import('../host/index.js')).folderEngine,
  kubernetes: async (connect) => {
    const { createKubernetesEngine } = await import('../kubernetes/objects/index.js');
    return createKubernetesEngine(await connect());
  },
  mongodb: async () => (await import('../mongodb/index.js')).mongodbEngine,
  rds: async () => (await import('../rds/index.js')).rdsEngine,
  pgbackrest: async () => (await import('../pgbackrest/index.js')).pgbackrestEngine,
};

/** The engine of each type; a module and its client libraries are loaded when the first activity needs them. */
export function loadEngines(connect: () => Promise<Connect>): EngineSource {
  return async <T extends SourceType>(type: T): Promise<Engines[T]> => loaders[type](connect);
}
