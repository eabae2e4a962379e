import type { KubeObject } from '../../model/objects.js';
import { ApiError, isStatus } from '../../api/apiError.js';
import { corePath } from '../../model/paths.js';
import { inParallel } from '../../objects/api.js';
import { unreadable } from '../holdings.js';
import type { Cluster } from '../place.js';
import type { Reference, ReferredKind } from './references.js';

/** What is known of a thing that is referred to. */
export interface Referred {
  /** Of ConfigMaps and Secrets. Never a value. */
  keys?: ReadonlySet<string>;
  /** Of claims: `Bound`, `Lost` … */
  phase?: string;
  leaving?: boolean;
}

/** By `<kind>/<name>`. `unread` are kinds that the worker may not look at, so that nothing can be said of them. */
export interface Known {
  found: Map<string, Referred>;
  unread: Set<ReferredKind>;
  /** Sentences about these. */
  warnings: string[];
}

const AT_ONCE = 16;
const RESOURCE = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;

interface Claim extends KubeObject {
  status?: { phase?: string };
}

/**
 * Looks at what is referred to. ConfigMaps and Secrets are asked for by name, only those that are needed, and nothing but the
 * names of their keys is kept; the others are listed.
 */
export async function lookUpReferred(cluster: Cluster, references: Reference[]): Promise<Known> {
  const { namespace } = cluster.place;
  const known: Known = { found: new Map(), unread: new Set(), warnings: [] };
  const readable = async (kind: ReferredKind, work: () => Promise<void>) => {
    try {
      if (!known.unread.has(kind)) await work();
    } catch (error) {
      const why = error instanceof ApiError ? unreadable(namespace, error) : undefined;
      if (why === undefined) throw error;
      if (!known.unread.has(kind)) known.warnings.push(why);
      known.unread.add(kind);
    }
  };
  const named = new Map<string, { kind: 'ConfigMap' | 'Secret'; name: string }>();
  for (const { kind, name } of references)
    if (kind === 'ConfigMap' || kind === 'Secret') named.set(`${kind}/${name}`, { kind, name });
  await Promise.all([
    inParallel([...named], AT_ONCE, ([id, { kind, name }]) =>
      readable(kind, async () => {
        const keys = await keysOf(cluster, corePath(namespace, RESOURCE[kind], name));
        if (keys) known.found.set(id, { keys });
      }),
    ),
    readable('ServiceAccount', async () => {
      for (const { metadata } of await cluster.list<KubeObject>(corePath(namespace, 'serviceaccounts')))
        known.found.set(`ServiceAccount/${metadata.name}`, { leaving: metadata.deletionTimestamp !== undefined });
    }),
    readable('PersistentVolumeClaim', async () => {
      if (!references.some(({ kind }) => kind === 'PersistentVolumeClaim')) return;
      for (const { metadata, status } of await cluster.list<Claim>(corePath(namespace, 'persistentvolumeclaims')))
        known.found.set(`PersistentVolumeClaim/${metadata.name}`, {
          leaving: metadata.deletionTimestamp !== undefined,
          ...(status?.phase === undefined ? {} : { phase: status.phase }),
        });
    }),
  ]);
  return known;
}

/** Names of the keys of a ConfigMap or Secret; undefined when there is none of that name. The values go at once. */
async function keysOf(cluster: Cluster, path: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const { data, binaryData } = await cluster.get<{ data?: object | null; binaryData?: object | null }>(path);
    return new Set([...Object.keys(data ?? {}), ...Object.keys(binaryData ?? {})]);
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}
