import type { SourceOf } from '../../../systems/backupSchema.js';
import type { Capture, EngineContext } from '../../backup/engine.js';
import type { Api } from './api.js';
import { collect, namespacesOf } from './collect.js';
import { contentsOf } from './contents.js';
import { encodeObjects, encodeReading, OBJECTS, READING } from './payload.js';

/** Reads everything into memory; nothing is written anywhere, because Secrets are in it. */
export async function capture(api: Api, source: SourceOf<'kubernetes'>, context: EngineContext): Promise<Capture> {
  const namespaces = namespacesOf(source, context);
  const { body: version } = await api.ask<{ gitVersion: string }>({ path: '/version' });
  const { things, lists, excluded, at } = await collect(api, source, namespaces);
  const reading = {
    formatVersion: 1 as const,
    context: api.clients.context,
    serverVersion: version.gitVersion,
    at,
    namespaces,
    lists,
  };
  return {
    recoveryPoint: { at },
    payloads: [
      { name: OBJECTS, from: { bytes: () => encodeObjects(things) } },
      { name: READING, from: { bytes: () => encodeReading(reading) } },
    ],
    contents: async (hashes) => contentsOf(things, hashes),
    excluded,
    close: async () => undefined,
  };
}
