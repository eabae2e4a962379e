import { Context } from '@temporalio/activity';
import { heartbeating } from '../../temporal/heartbeat.js';
import type { EvidenceStore } from '../../evidence/index.js';
import { collect } from './evidence/collect.js';
import { EvidenceFolder } from './evidence/folder.js';
import { INDEX, readIndex } from './evidence/indexFile.js';
import type { Cluster } from './place.js';
import type { EmergencyActivities } from './types.js';

/** Of the time there is, after which what there is gets its index. */
const SHARE = 0.8;

/**
 * {@link EmergencyActivities.collectEvidence}. Files `evidence/<system>/<id>/…`: `pods/<workload>.json`, `events.json`, `logs/<pod>/<container>.log`
 * and `.previous.log`, and at last `index.json` with sizes and sha256. Reads pods, ReplicaSets, events and logs; no Secret, no ConfigMap.
 *
 * What is missing is a sentence in `problems`. Throws typed API failures when the pods cannot be listed, `EvidenceUnavailable`
 * (retried) when the store does not take a file. Safe to repeat: a file that is there stays, a finished collection is only read.
 */
export async function collectEvidence(
  cluster: Cluster,
  input: Parameters<EmergencyActivities['collectEvidence']>[0],
  evidence: EvidenceStore,
): ReturnType<EmergencyActivities['collectEvidence']> {
  const context = Context.current();
  const folder = new EvidenceFolder(evidence, input.system, input.id);
  const now = Date.now();
  const end = Math.min(input.deadlineAt ?? Infinity, now + context.info.startToCloseTimeoutMs);
  const until = now + (end - now) * SHARE;
  const work = async () => {
    const done = await readIndex(folder);
    const { pods, bytes, problems } = done ?? (await collect(cluster, input, folder, until));
    return { reference: folder.reference(INDEX), pods, bytes, problems };
  };
  // A store cannot be interrupted; the activity ends at once all the same, and `collect` begins nothing more.
  return heartbeating(
    () => Promise.race([work(), context.cancelled]),
    () => ({ files: folder.files.length }),
  );
}
