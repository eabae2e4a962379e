import { type Client, QueryNotRegisteredError, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import type { IncidentView, TimelineEntry } from '../../workflows/incident/types.js';
import type { IncidentFacts } from '../types.js';
import { CALL_MS, unavailable } from './call.js';

type Handle = ReturnType<Client['workflow']['getHandle']>;

/** Something off the wire that claims to be facts of an incident: an incident of another version may have written it. */
function factsIn(value: unknown): IncidentFacts | null {
  if (typeof value !== 'object' || value === null) return null;
  const { incident, entries, stored } = value as Record<string, unknown>;
  if (typeof incident !== 'object' || incident === null || !('incident' in incident)) return null;
  return {
    view: incident as IncidentView,
    entries: Array.isArray(entries) ? (entries as TimelineEntry[]) : [],
    stored: Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : [],
  };
}

async function queried(handle: Handle): Promise<IncidentFacts | null> {
  const [status, timeline] = await Promise.all([
    handle.query<{ incident?: IncidentView }>('status'),
    handle.query<{ entries: TimelineEntry[]; stored: string[] }>('timeline'),
  ]);
  return factsIn({ incident: status.incident, ...timeline });
}

/** What it ended with, for one whose code cannot be asked any more. */
async function ended(handle: Handle): Promise<IncidentFacts | null> {
  if ((await handle.describe()).status.name === 'RUNNING') return null;
  try {
    return factsIn(await handle.result());
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    return cause instanceof ApplicationFailure ? factsIn(cause.details?.[0]) : null;
  }
}

/** See `TemporalActivities.readIncident`. */
export async function readIncident(client: Client, workflowId: string): Promise<IncidentFacts | null> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    return await client.withDeadline(Date.now() + CALL_MS, () => queried(handle));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    try {
      const facts = await client.withDeadline(Date.now() + CALL_MS, () => ended(handle));
      if (facts !== null || error instanceof QueryNotRegisteredError) return facts;
    } catch (second) {
      throw unavailable(second);
    }
    throw unavailable(error);
  }
}
