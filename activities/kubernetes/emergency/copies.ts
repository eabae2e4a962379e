import { gunzipSync } from 'node:zlib';
import type { EvidenceStore } from '../../evidence/store.js';
import { bounded } from '../../secrets/redact.js';
import { isStatus, isTransient } from '../api/apiError.js';
import type { ConfigMap } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { configMapName, snapshotKey } from './copyNames.js';
import { bothOrSoon, within } from './patience.js';
import type { Cluster } from './place.js';
import { parseSnapshot, type Whole } from './snapshotText.js';

export const PLAIN = 'snapshot.json';
export const PACKED = 'snapshot.json.gz';

/** A usual store needs less on a bad day; the other copy is there all the same. */
export const PATIENCE = { graceMs: 4_000, boundMs: 8_000 };
/** Before a shutdown, for a look whether there is one already: what is missed here is found when it is written. */
export const HURRY = { graceMs: 1_000, boundMs: 1_000 };
const CALL_MS = 5_000;
const MAX_TEXT = 64 * 1024 * 1024;

/** One of the two copies: whole, or why not. `away`: whether it exists cannot be told now. */
export type Copy = { whole: Whole } | { problem: string; state: 'missing' | 'damaged' | 'away'; error?: unknown };

/** The two copies of a snapshot put together. */
export interface Copies {
  /** From the first one that is whole, the cluster's if both are. */
  whole?: Whole;
  /** Name of the ConfigMap that holds it; empty when that does not. */
  configMap: string;
  /** Reference in the evidence store; empty when that does not hold it. */
  stored: string;
  /** Sentences, one for each copy that is not whole. */
  problems: string[];
  /** There is neither, for sure. */
  missing: boolean;
  /** Why the cluster could not be asked, if it may answer later. */
  away?: unknown;
}

export const isWhole = (copy: Copy): copy is { whole: Whole } => 'whole' in copy;

export const LATE: Copy = { problem: 'did not answer in time', state: 'away' };

export const words = (error: unknown): string =>
  bounded(error instanceof Error ? error.message || error.name : String(error)).replace(/\.$/, '');

/** Reads both copies at the same time and checks each. `digest` is the one that was noted, if one was. Never throws. */
export async function readCopies(
  cluster: Cluster,
  evidence: EvidenceStore,
  system: string,
  id: string,
  { digest, times = PATIENCE }: { digest?: string; times?: typeof PATIENCE } = {},
): Promise<Copies> {
  const parse = (text: string): Copy => {
    const read = parseSnapshot(text, { id, system, namespace: cluster.place.namespace, digest });
    return 'unreadable' in read ? { problem: read.unreadable, state: 'damaged' } : { whole: read };
  };
  const pair: [Promise<Copy>, Promise<Copy>] = [
    readFromCluster(cluster, id, parse),
    readFromStore(evidence, system, id, parse),
  ];
  return together(evidence, system, id, await bothOrSoon(pair, isWhole, times, LATE));
}

/** Pure, but for the reference that the store makes of a key. */
export function together(
  evidence: Pick<EvidenceStore, 'reference'>,
  system: string,
  id: string,
  [inCluster, inStore]: [Copy, Copy],
): Copies {
  const configMap = configMapName(id);
  const reference = evidence.reference(snapshotKey(system, id));
  const problems: string[] = [];
  const whole = [inCluster, inStore].find(isWhole)?.whole;
  const say = (name: string, copy: Copy): string | undefined => {
    if (!isWhole(copy)) return `${name} ${copy.problem}.`;
    return copy.whole.digest === whole?.digest ? undefined : `${name} is another one than that in the cluster.`;
  };
  const troubles = [say(`ConfigMap ${configMap}`, inCluster), say(`The copy ${reference}`, inStore)];
  for (const trouble of troubles) if (trouble !== undefined) problems.push(trouble);
  const isMissing = (copy: Copy) => !isWhole(copy) && copy.state === 'missing';
  return {
    ...(whole ? { whole } : {}),
    configMap: troubles[0] === undefined ? configMap : '',
    stored: troubles[1] === undefined ? reference : '',
    problems,
    missing: isMissing(inCluster) && isMissing(inStore),
    ...(!isWhole(inCluster) && inCluster.error !== undefined ? { away: inCluster.error } : {}),
  };
}

export async function readFromCluster(cluster: Cluster, id: string, parse: (text: string) => Copy): Promise<Copy> {
  const path = corePath(cluster.place.namespace, 'configmaps', configMapName(id));
  try {
    const { body } = await cluster.call<ConfigMap & { binaryData?: Record<string, string> }>({
      path,
      timeoutMs: CALL_MS,
    });
    const text = textOf(body);
    return text === undefined ? { problem: 'holds no snapshot that can be unpacked', state: 'damaged' } : parse(text);
  } catch (error) {
    if (isStatus(error, 404)) return { problem: 'is not there', state: 'missing' };
    const problem = `could not be read: ${words(error)}`;
    return { problem, state: 'away', ...(isTransient(error) ? { error } : {}) };
  }
}

function textOf(map: ConfigMap & { binaryData?: Record<string, string> }): string | undefined {
  const packed = map.binaryData?.[PACKED];
  if (packed === undefined) return map.data?.[PLAIN];
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_TEXT }).toString('utf8');
  } catch {
    return undefined;
  }
}

export async function readFromStore(
  evidence: EvidenceStore,
  system: string,
  id: string,
  parse: (text: string) => Copy,
): Promise<Copy> {
  try {
    const text = await within(CALL_MS, evidence.read(snapshotKey(system, id)));
    return text === undefined ? { problem: 'is not there', state: 'missing' } : parse(text);
  } catch (error) {
    return { problem: `could not be read: ${words(error)}`, state: 'away' };
  }
}
