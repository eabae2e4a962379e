import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { IncidentInput } from '../../workflows/incident/input.js';
import { attributes } from '../../workflows/kit/searchAttributes.js';
import { clipBytes } from '../start.js';

/** What an incident is started with, beside what its resolver fills in. */
export type NewIncident = Partial<IncidentInput> & Pick<IncidentInput, 'system' | 'title' | 'reason' | 'requestedBy'>;

/** How incidents are started. `queue` is the workers' task queue. */
export interface IncidentPlace {
  client: Client;
  queue: string;
  /** ms since the epoch. */
  clock: () => number;
}

type StartOptions = Pick<
  WorkflowStartOptions,
  'workflowId' | 'taskQueue' | 'staticSummary' | 'memo' | 'workflowIdReusePolicy' | 'workflowIdConflictPolicy'
> & { args: [NewIncident]; typedSearchAttributes: TypedSearchAttributes };

/** Options of the start of an incident: listed from its first moment, also while no worker runs. */
export function startOptions(queue: string, workflowId: string, input: NewIncident): StartOptions {
  return {
    workflowId,
    taskQueue: queue,
    args: [input],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    // Lists must know what only some may see, without asking a worker.
    memo: { kind: input.kind ?? 'operational' },
    staticSummary: clipBytes(`${input.severity ?? 'Incident'}: ${input.title} (${input.system})`),
    typedSearchAttributes: new TypedSearchAttributes([
      { key: attributes.runbook, value: 'incident' },
      { key: attributes.system, value: input.system },
      { key: attributes.state, value: 'triggered' },
      ...(input.severity === undefined ? [] : [{ key: attributes.severity, value: input.severity }]),
    ]),
  };
}
