import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { EvidenceStore } from '../../evidence/store.js';
import { ApiError, isStatus, isTransient } from '../api/apiError.js';
import { corePath } from '../model/paths.js';
import { MANAGER } from '../write/annotations.js';
import { bothOrSoon } from './patience.js';
import {
  type Copies,
  type Copy,
  isWhole,
  LATE,
  PACKED,
  PATIENCE,
  PLAIN,
  readFromCluster,
  readFromStore,
  together,
  words,
} from './copies.js';
import { configMapName, snapshotKey } from './copyNames.js';
import type { Cluster } from './place.js';
import { parseSnapshot, type Whole } from './snapshotText.js';

/** A ConfigMap may have 1 MiB in all. */
const MAX_PLAIN = 700 * 1024;
const CALL_MS = 4_000;
const MAX_TRIES = 3;
const PAUSE_MS = 300;

/**
 * Writes both copies at the same time, create-only: what stands there stays. Where another try of the same run was quicker, its text is
 * the snapshot, the cluster's first; `digest` is the one that was noted then, if one was. Never throws.
 */
export async function keep(cluster: Cluster, evidence: EvidenceStore, whole: Whole, digest?: string): Promise<Copies> {
  const { id, system } = whole.snapshot;
  const standing = (text: string): Copy => {
    if (text === whole.text) return { whole };
    const read = parseSnapshot(text, { id, system, namespace: cluster.place.namespace, digest });
    return 'unreadable' in read
      ? { problem: `was there before, and ${read.unreadable}`, state: 'damaged' }
      : { whole: read };
  };
  const pair: [Promise<Copy>, Promise<Copy>] = [
    keepInCluster(cluster, whole, standing),
    keepInStore(evidence, whole, standing),
  ];
  return together(evidence, system, id, await bothOrSoon(pair, isWhole, PATIENCE, LATE));
}

/** The immutable ConfigMap of a snapshot. Pure. */
export function configMapOf({ snapshot, digest, text }: Whole) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    immutable: true,
    metadata: {
      name: configMapName(snapshot.id),
      labels: { 'app.kubernetes.io/managed-by': 'belay' },
      annotations: { 'belay.dev/system': snapshot.system, 'belay.dev/digest': digest },
    },
    ...(Buffer.byteLength(text) > MAX_PLAIN
      ? { binaryData: { [PACKED]: gzipSync(text).toString('base64') } }
      : { data: { [PLAIN]: text } }),
  };
}

async function keepInCluster(cluster: Cluster, whole: Whole, standing: (text: string) => Copy): Promise<Copy> {
  const path = corePath(cluster.place.namespace, 'configmaps');
  const body = configMapOf(whole);
  for (let tries = 1; ; tries++) {
    try {
      await cluster.call({ method: 'POST', path, query: { fieldManager: MANAGER }, body, timeoutMs: CALL_MS });
      return { whole };
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists')
        return readFromCluster(cluster, whole.snapshot.id, standing);
      // A quota that several use at once answers Conflict.
      const again = isTransient(error) || isStatus(error, 409);
      if (tries >= MAX_TRIES || !again || cluster.signal.aborted)
        return { problem: `could not be written: ${words(error)}`, state: 'away' };
      await sleep(PAUSE_MS);
    }
  }
}

async function keepInStore(evidence: EvidenceStore, whole: Whole, standing: (text: string) => Copy): Promise<Copy> {
  const { id, system } = whole.snapshot;
  try {
    const made = await evidence.create(snapshotKey(system, id), whole.text, 'application/json');
    return made === 'created' ? { whole } : await readFromStore(evidence, system, id, standing);
  } catch (error) {
    return { problem: `could not be written: ${words(error)}`, state: 'away' };
  }
}
