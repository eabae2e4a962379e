import { type Client, QueryNotRegisteredError, QueryRejectedError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { IncidentView, TimelineEntry } from '../../workflows/incident/types.js';
import type { IncidentFacts } from '../types.js';
import { CALL_MS, unavailable } from './call.js';

/** See `TemporalActivities.readIncident`. */
export async function readIncident(client: Client, workflowId: string): Promise<IncidentFacts | null> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const [status, timeline] = await client.withDeadline(Date.now() + CALL_MS, () =>
      Promise.all([
        handle.query<{ incident?: IncidentView }>('status'),
        handle.query<{ entries: TimelineEntry[]; stored: string[] }>('timeline'),
      ]),
    );
    return status.incident === undefined ? null : { view: status.incident, ...timeline };
  } catch (error) {
    const gone = [WorkflowNotFoundError, QueryNotRegisteredError, QueryRejectedError];
    if (gone.some((one) => error instanceof one)) return null;
    throw unavailable(error);
  }
}
