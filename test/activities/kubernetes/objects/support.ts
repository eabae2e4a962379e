import { randomBytes } from 'node:crypto';
import type { Capture, Contents, EngineContext, Files } from '../../../../activities/backup/engine.js';
import { createKubernetesEngine } from '../../../../activities/kubernetes/objects/index.js';
import { sourceSchema, type SourceOf } from '../../../../systems/backupSchema.js';
import { type Cluster, cluster, until } from '../support.js';
import { createEveryKind } from './samples.js';

export interface World extends Cluster {
  tag: string;
  engine: ReturnType<typeof createKubernetesEngine>;
}

/** A cluster with a namespace that holds one object of every kind. */
export async function world(): Promise<World> {
  const where = await cluster();
  const tag = `t${randomBytes(4).toString('hex')}`;
  await createEveryKind(where.clients, where.namespace, tag);
  await until('the pods are there', async () => {
    const path = `/api/v1/namespaces/${where.namespace}/pods`;
    return (await where.clients.call<{ items: unknown[] }>({ path })).body.items.length >= 4;
  });
  return { ...where, tag, engine: createKubernetesEngine(() => where.clients) };
}

export function sourceOf(more: object = {}): SourceOf<'kubernetes'> {
  const source = sourceSchema.parse({ type: 'kubernetes', name: 'objects', ...more });
  if (source.type !== 'kubernetes') throw new Error('not a Kubernetes source');
  return source;
}

export function contextOf(where: { namespace: string }, more: Partial<EngineContext> = {}): EngineContext {
  const id = randomBytes(3).toString('hex');
  return {
    secrets: { resolve: async () => '' },
    signal: AbortSignal.timeout(120_000),
    scratch: '/nonexistent',
    progress: () => undefined,
    run: { workflowId: `backup-${id}`, runId: `run-${id}`, runbook: 'backup', requestedBy: 'ada', reason: 'test' },
    system: 'shop',
    namespace: where.namespace,
    ...more,
  };
}

/** The payloads as the core hands them to an engine that needs encryption. */
export function filesOf(capture: Capture): Files {
  const memory: Record<string, Uint8Array> = {};
  for (const { name, from } of capture.payloads) if ('bytes' in from) memory[name] = from.bytes();
  return { dir: '/nonexistent', paths: {}, memory };
}

export const itemOf = (contents: Contents, name: string) => contents.items.find((item) => item.name === name);

export const exists = async ({ clients }: Cluster, path: string): Promise<boolean> => {
  try {
    await clients.call({ path });
    return true;
  } catch (error) {
    if ((error as { status?: number }).status === 404) return false;
    throw error;
  }
};
