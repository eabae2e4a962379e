import { ApplicationFailure } from '@temporalio/common';
import type { EvidenceStore } from '../../evidence/store.js';
import { canonical } from '../../backup/canonical.js';
import { isStatus } from '../api/apiError.js';
import type { RunRef } from '../types.js';
import { words } from './copies.js';
import { closedKey } from './copyNames.js';
import { changeMarker, readMarker } from './marker.js';
import { within } from './patience.js';
import type { Cluster } from './place.js';
import type { EmergencyActivities } from './types.js';

const STORE_MS = 5_000;

/** {@link EmergencyActivities.closeShutdown} */
export async function closeShutdown(
  cluster: Cluster,
  { system, snapshots, run }: Parameters<EmergencyActivities['closeShutdown']>[0],
  evidence: EvidenceStore,
): Promise<void> {
  const all = snapshots.length === 0;
  const ids = all ? (await readMarker(cluster, system)).snapshots.map(({ id }) => id) : snapshots;
  const [marked, closed] = await Promise.all([
    closeInMarker(cluster, system, all ? 'all' : ids),
    Promise.allSettled(ids.map((id) => closeInStore(evidence, system, id, run))),
  ]);
  const failure = closed.find((one) => one.status === 'rejected');
  // A marker that lists other snapshots, or none, settles it. Without one, only the store can tell that these are closed.
  if (marked || !failure) return;
  throw ApplicationFailure.retryable(
    `Namespace ${cluster.place.namespace} has no readable mark of the shutdown, and the evidence store does not take down that ${system} was recovered: ${words(failure.reason)}. Make the store (BELAY_EVIDENCE) writable, or a later recovery may take ${ids.join(', ')} for open.`,
    'EvidenceUnavailable',
  );
}

/** Notes in the store that the shutdown of a snapshot is over, create-only. Rejects when the store is away. */
export async function closeInStore(evidence: EvidenceStore, system: string, id: string, run: RunRef): Promise<void> {
  const text = canonical({ snapshot: id, closedAt: new Date().toISOString(), run });
  await within(STORE_MS, evidence.create(closedKey(system, id), text, 'application/json'));
}

/**
 * Takes the entries away. Whether there is a marker that can be trusted afterwards. `all` also makes one where there is none, or a damaged
 * one: what could not be found must not be looked for again.
 */
async function closeInMarker(cluster: Cluster, system: string, ids: readonly string[] | 'all'): Promise<boolean> {
  let settled = false;
  try {
    await changeMarker(cluster, system, ({ trusted, snapshots }) => {
      const left = ids === 'all' ? [] : snapshots.filter((kept) => !ids.includes(kept.id));
      settled = trusted || ids === 'all';
      const stays = left.length === snapshots.length && (trusted || ids !== 'all');
      return Promise.resolve(stays ? undefined : left);
    });
    return settled;
  } catch (error) {
    // Where ConfigMaps are refused there never was a marker of ours.
    if (isStatus(error, 403)) return false;
    throw error;
  }
}
