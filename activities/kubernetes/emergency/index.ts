import type { EvidenceStore } from '../../evidence/index.js';
import type { RegistryActivities } from '../../types.js';
import { type Connect, withSession } from '../session.js';
import { checkRecovery } from './checkRecovery.js';
import { closeShutdown } from './closeShutdown.js';
import { collectEvidence } from './collectEvidence.js';
import { compareWithSnapshot } from './compare.js';
import { withPlace } from './place.js';
import { setAutoscalerRange } from './range.js';
import { readSnapshot } from './readSnapshot.js';
import { restartWorkload } from './restart.js';
import { setFields } from './setFields.js';
import { surveySystem } from './survey.js';
import { takeSnapshot } from './takeSnapshot.js';
import type { EmergencyActivities } from './types.js';
import { waitReady } from './waitReady.js';
import { waitStopped } from './waitStopped.js';

export interface EmergencyConnections {
  connect: Connect;
  /** Keeps the second copies of snapshots, and evidence. */
  evidence: EvidenceStore;
  /** Tells whether images still exist. */
  registry?: Pick<RegistryActivities, 'resolveImage'>;
}

/**
 * Stopping a whole system and bringing it back. Touches the fields of `fields.ts`, pods (`kill`), the ConfigMaps of snapshots and their
 * mark, and the evidence store.
 *
 * Final errors: `NotFound`, `Forbidden`, `Invalid`, `MethodNotAllowed`, `KubernetesMisconfigured`, `Superseded`,
 * `TargetReplaced`, `Unsupported`. Retried: `ApiUnavailable`, `Throttled`, `Unauthorized`, `Conflict`, `SnapshotFailed` (no copy could be
 * written), `EvidenceUnavailable`.
 *
 * Safe to repeat: reads read; a snapshot is create-only and adopted; fields are set to asked values under the object's UID; waits go on
 * to the same absolute deadline.
 */
export function createEmergencyActivities({ connect, evidence, registry }: EmergencyConnections): EmergencyActivities {
  return {
    surveySystem: (input) => withPlace(connect, input.place, (cluster) => surveySystem(cluster, input)),
    takeSnapshot: (input) => withPlace(connect, input.place, (cluster) => takeSnapshot(cluster, input, evidence)),
    readSnapshot: (input) => withPlace(connect, input.place, (cluster) => readSnapshot(cluster, input, evidence)),
    setFields: (input) => withPlace(connect, input.place, (cluster) => setFields(cluster, input)),
    waitStopped: (input) => withPlace(connect, input.place, (cluster) => waitStopped(cluster, input)),
    waitReady: (input) => withPlace(connect, input.place, (cluster) => waitReady(cluster, input)),
    collectEvidence: (input) => withPlace(connect, input.place, (cluster) => collectEvidence(cluster, input, evidence)),
    checkRecovery: (input) => withPlace(connect, input.place, (cluster) => checkRecovery(cluster, input, registry)),
    compareWithSnapshot: (input) => withPlace(connect, input.place, (cluster) => compareWithSnapshot(cluster, input)),
    closeShutdown: (input) => withPlace(connect, input.place, (cluster) => closeShutdown(cluster, input, evidence)),
    setAutoscalerRange: (input) => withSession(connect, input.ref, (session) => setAutoscalerRange(session, input)),
    restartWorkload: (input) => withSession(connect, input.ref, (session) => restartWorkload(session, input)),
  };
}
