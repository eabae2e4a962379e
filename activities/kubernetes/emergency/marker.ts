import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isStatus } from '../api/apiError.js';
import type { ConfigMap } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { orIfMissing } from '../session.js';
import { MANAGER } from '../write/annotations.js';
import type { Cluster } from './place.js';
import type { KeptSnapshot } from './types.js';

/** ConfigMap of the namespace that says "down". */
export const MARKER = 'belay-shutdown';
const MAX_TRIES = 10;
const PAUSE_MS = 100;

/** `system` tells apart two systems of one namespace; an entry without it belongs to whoever asks. */
const entrySchema = z.object({
  system: z.string().optional(),
  id: z.string().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  takenAt: z.string(),
  covers: z.array(z.string()),
  configMap: z.string(),
  stored: z.string(),
});
type Entry = z.output<typeof entrySchema>;

/** What the cluster says about shutdowns of a system that have not been recovered. */
export interface Marker {
  /** In the order in which they were taken. */
  snapshots: KeptSnapshot[];
  /** Open ones of other systems in the same namespace. */
  others: KeptSnapshot[];
  /** There is one, it could be read and is whole. Else an empty list proves nothing. */
  trusted: boolean;
  /** Why it cannot be trusted, a sentence; absent when there simply is none. */
  problem?: string;
}

/** Reads the marker; never throws for one that is missing, damaged or forbidden. Throws for an API server that does not answer. */
export async function readMarker(cluster: Cluster, system: string): Promise<Marker> {
  try {
    return (await read(cluster, system)).marker;
  } catch (error) {
    if (!isStatus(error, 403)) throw error;
    const problem = `ConfigMap ${MARKER} may not be read; grant get configmaps in namespace ${cluster.place.namespace}.`;
    return { snapshots: [], others: [], trusted: false, problem };
  }
}

/**
 * Replaces the system's entries by what `decide` makes of them; undefined leaves the marker as it is. Asks again when somebody else was
 * quicker: the resourceVersion decides. Throws the API's error when it cannot be read or written.
 */
export async function changeMarker(
  cluster: Cluster,
  system: string,
  decide: (marker: Marker) => Promise<KeptSnapshot[] | undefined>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { map, marker, foreign } = await read(cluster, system);
    const mine = await decide(marker);
    if (mine === undefined) return;
    const entries: Entry[] = [...foreign, ...mine.map((kept) => ({ ...kept, system }))];
    try {
      await write(cluster, map, { snapshots: JSON.stringify(entries) });
      return;
    } catch (error) {
      if (tries >= MAX_TRIES || !isStatus(error, 409)) throw error;
      await sleep(Math.random() * PAUSE_MS, undefined, { signal: cluster.signal });
    }
  }
}

async function read(cluster: Cluster, system: string) {
  const path = corePath(cluster.place.namespace, 'configmaps', MARKER);
  const map = await orIfMissing(cluster.get<ConfigMap>(path), undefined);
  const { entries, problem } = entriesOf(map?.data?.['snapshots']);
  const [mine, foreign]: [Entry[], Entry[]] = [[], []];
  for (const entry of entries) ((entry.system ?? system) === system ? mine : foreign).push(entry);
  const marker: Marker = {
    snapshots: mine.map(keptOf),
    others: foreign.map(keptOf),
    trusted: map !== undefined && problem === undefined,
    ...(map === undefined || problem === undefined ? {} : { problem: `ConfigMap ${MARKER} is damaged: ${problem}.` }),
  };
  return { map, marker, foreign };
}

const keptOf = ({ id, digest, takenAt, covers, configMap, stored }: Entry): KeptSnapshot => ({
  id,
  digest,
  takenAt,
  covers,
  configMap,
  stored,
});

/** The entries of a marker's text that are whole, and what is wrong with the rest. Pure. */
export function entriesOf(text: string | undefined): { entries: Entry[]; problem?: string } {
  if (text === undefined) return { entries: [], problem: 'it has no list of snapshots' };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { entries: [], problem: 'its list of snapshots is not JSON' };
  }
  if (!Array.isArray(raw)) return { entries: [], problem: 'its list of snapshots is no list' };
  const entries = raw.flatMap((one) => entrySchema.safeParse(one).data ?? []);
  const broken = raw.length - entries.length;
  return broken === 0 ? { entries } : { entries, problem: `${broken} of its ${raw.length} entries cannot be read` };
}

const write = (cluster: Cluster, map: ConfigMap | undefined, data: Record<string, string>) =>
  map === undefined
    ? cluster.call({
        method: 'POST',
        path: corePath(cluster.place.namespace, 'configmaps'),
        query: { fieldManager: MANAGER },
        body: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: MARKER, labels: { 'app.kubernetes.io/managed-by': 'belay' } },
          data,
        },
      })
    : cluster.call({
        method: 'PATCH',
        path: corePath(cluster.place.namespace, 'configmaps', MARKER),
        query: { fieldManager: MANAGER },
        contentType: 'application/merge-patch+json',
        // With the resourceVersion it is a Conflict when somebody changed it since the read.
        body: { metadata: { resourceVersion: map.metadata.resourceVersion }, data },
      });
