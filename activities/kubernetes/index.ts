import { listStates } from './state/readState.js';
import { markVerified, saveState } from './state/saveState.js';
import { addToQuarantine, liftQuarantine } from './state/quarantine.js';
import { connectByContext } from './api/connect.js';
import { inspectWorkload } from './inspect/inspectWorkload.js';
import { splitPods } from './rollout/readPods.js';
import { readScale } from './scale/readScale.js';
import { setReplicas } from './scale/setReplicas.js';
import { waitScaled } from './scale/waitScaled.js';
import { type Connect, withSession } from './session.js';
import type { KubernetesActivities } from './types.js';
import { guardPods } from './watch/guardPods.js';
import { watchRollout } from './watch/watchRollout.js';
import { deleteStuckPods } from './write/deleteStuckPods.js';
import { restoreRevision, restoreState } from './write/restore.js';
import { listRevisions } from './write/revisions.js';
import { previewImage, setImage } from './write/setImage.js';
import { setPaused } from './write/setPaused.js';

/**
 * Deployments, StatefulSets and DaemonSets of the clusters that the worker's kubeconfig knows. Touches the workload, its pods, and Belay's
 * own Secrets (saved states) and ConfigMaps (quarantine) in its namespace.
 *
 * Final errors: `NotFound`, `Forbidden`, `Invalid`, `MethodNotAllowed`, `KubernetesMisconfigured`, `Superseded` (somebody else's template
 * stands there), `TargetReplaced` (other UID, or gone), `SavedStateCorrupt`. Retried: `ApiUnavailable`, `Throttled`, `Unauthorized`,
 * `Conflict`. No message holds an env value of a template.
 *
 * Safe to repeat: reads read; writes are guarded by UID and template, and a repeat finds what the first try wrote; a repeated watch
 * goes on to the same absolute end.
 */
export function createKubernetesActivities(options: { connect?: Connect } = {}): KubernetesActivities {
  const connect = options.connect ?? connectByContext();
  return {
    inspectWorkload: ({ ref }) => withSession(connect, ref, inspectWorkload),
    previewImage: (input) => withSession(connect, input.ref, (session) => previewImage(session, input)),
    listSavedStates: ({ ref }) => withSession(connect, ref, (session) => listStates(session)),
    listRevisions: ({ ref }) => withSession(connect, ref, listRevisions),
    splitPods: ({ ref, templateHash }) => withSession(connect, ref, (session) => splitPods(session, templateHash)),
    saveState: (input) => withSession(connect, input.ref, (session) => saveState(session, input)),
    markVerified: (input) => withSession(connect, input.ref, (session) => markVerified(session, input)),
    setImage: (input) => withSession(connect, input.ref, (session) => setImage(session, input)),
    restoreState: (input) => withSession(connect, input.ref, (session) => restoreState(session, input)),
    restoreRevision: (input) => withSession(connect, input.ref, (session) => restoreRevision(session, input)),
    setPaused: (input) => withSession(connect, input.ref, (session) => setPaused(session, input)),
    watchRollout: (input) => withSession(connect, input.ref, (session) => watchRollout(session, input)),
    guardPods: (input) => withSession(connect, input.ref, (session) => guardPods(session, input)),
    deleteStuckPods: ({ ref, uid, templateHash }) =>
      withSession(connect, ref, (session) => deleteStuckPods(session, uid, templateHash)),
    quarantine: ({ ref, uid, entry }) => withSession(connect, ref, (session) => addToQuarantine(session, uid, entry)),
    liftQuarantine: ({ ref, image, templateHash }) =>
      withSession(connect, ref, (session) => liftQuarantine(session, image, templateHash)),
    readScale: ({ ref }) => withSession(connect, ref, readScale),
    setReplicas: (input) => withSession(connect, input.ref, (session) => setReplicas(session, input)),
    waitScaled: (input) => withSession(connect, input.ref, (session) => waitScaled(session, input)),
  };
}

export { connectByContext } from './api/connect.js';
export type { KubeClients } from './api/clients.js';
