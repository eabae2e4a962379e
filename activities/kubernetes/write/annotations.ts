import type { RunRef } from '../types.js';

/** Field manager of all our writes. */
export const MANAGER = 'belay';

/** `<workflowId>/<runId>` of the run that wrote the template that stands there. */
export const RUN = 'belay.dev/run';
/** Hash of the template as that run wrote it: with {@link RUN} it tells our own earlier write from a stranger's. */
export const WROTE = 'belay.dev/template-hash';
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

const MAX_CAUSE = 500;

export const runKey = (run: RunRef): string => `${run.workflowId}/${run.runId}`;

/** What `kubectl rollout history` shows. */
export function changeCause(run: RunRef, image: string): string {
  const cause = `belay ${run.workflowId}: ${image} by ${run.actor}: ${run.reason}`;
  return cause.length > MAX_CAUSE ? `${cause.slice(0, MAX_CAUSE - 1)}…` : cause;
}
