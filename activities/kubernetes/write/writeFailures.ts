import { ApplicationFailure } from '@temporalio/common';
import type { WorkloadRef } from '../types.js';
import type { Workload } from '../model/objects.js';
import { RUN } from './annotations.js';

export const nameOf = (ref: WorkloadRef): string => `${ref.kind} ${ref.namespace}/${ref.name}`;

/** Somebody else's template stands there: it is theirs, and nothing of it may be undone. */
export function superseded(ref: WorkloadRef, workload: Workload): ApplicationFailure {
  const by = (workload.metadata.managedFields ?? [])
    .filter((field) => field.subresource === undefined && field.time !== undefined)
    .toSorted((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''))[0];
  const run = workload.metadata.annotations?.[RUN];
  const who = by ? `, last written by ${by.manager} at ${by.time}` : '';
  const stamp = run === undefined ? '' : `; the last Belay run there was ${run}`;
  return ApplicationFailure.nonRetryable(
    `${nameOf(ref)} has a template that this run did not expect${who}${stamp}. It is left as it is: look at it, and start a new run if the change is still wanted.`,
    'Superseded',
  );
}

export const replaced = (ref: WorkloadRef): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `${nameOf(ref)} was deleted, or deleted and created anew, since this run looked at it. Nothing was written; start a new run.`,
    'TargetReplaced',
  );
