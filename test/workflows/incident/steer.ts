import { randomUUID } from 'node:crypto';
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { IncidentReport } from '../../../workflows/incident/report.js';
import type { ActionAnswer, AlertFact, IncidentEvent, TimelineEntry } from '../../../workflows/incident/types.js';
import type { Queue, Running } from '../harness.js';
import { Watchtower } from './watchtower.js';

export const tower = (name: string, more: ConstructorParameters<typeof Watchtower>[1] = {}) =>
  new Watchtower(`tower-${process.pid}-${name}`, more);
export const input = {
  title: 'Checkout fails',
  severity: 'P1',
  reason: 'test',
  requestedBy: 'test',
  dryRun: false,
  kind: 'operational',
  isStorm: false,
};
export const START = Date.now();

export const alerts = (...facts: (Partial<AlertFact> & { fingerprint: string })[]): IncidentEvent => ({
  type: 'alerts',
  deliveryId: randomUUID(),
  source: 'am',
  receivedAt: START,
  alerts: facts.map((fact) => ({
    status: 'firing',
    startsAt: START,
    name: 'HighErrors',
    severity: 'P1',
    labels: {},
    ...fact,
  })),
});

export const act = (run: Running, name: string, payload: object = {}): Promise<ActionAnswer> =>
  run.handle.executeUpdate<ActionAnswer, [object]>(name, {
    args: [{ actor: { id: 'ada', via: 'slack', person: 'ada' }, ...payload }],
  });

export async function refusal(
  run: Running,
  name: string,
  payload: object = {},
): Promise<{ type: string; message: string }> {
  try {
    await act(run, name, payload);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      return { type: error.cause.type ?? '', message: error.cause.message };
    throw error;
  }
  throw new Error(`${name} was accepted`);
}

export const report = async (run: Running): Promise<IncidentReport> => (await run.report()) as IncidentReport;
export const timeline = async ({ handle }: Running): Promise<string[]> =>
  (await handle.query<{ entries: TimelineEntry[] }>('timeline')).entries.map(({ text }) => text);

export function deliver(queue: Queue, workflowId: string, event: IncidentEvent): Promise<WorkflowHandle> {
  return queue.client.workflow.signalWithStart('incident', {
    workflowId,
    taskQueue: queue.taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ system: queue.world.system.name, ...input }],
    signal: 'event',
    signalArgs: [event],
  });
}
