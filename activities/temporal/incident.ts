import { type Client, QueryNotRegisteredError, QueryRejectedError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { IncidentView, TimelineEntry } from '../../workflows/incident/types.js';
import type { IncidentFacts } from '../types.js';
import { CALL_MS, unavailable } from './call.js';

/** See `TemporalActivities.readIncident`. */
export async function readIncident(client: Client, workflowId: string): Promise<IncidentFacts | null> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    return await client.withDeadline(Date.now() + CALL_MS, async () => {
      const { incident } = await handle.query<{ incident?: IncidentView }>('status');
      if (incident === undefined) return null;
      const timeline = await handle.query<{ entries: TimelineEntry[]; stored: string[] }>('timeline');
      return { view: incident, ...timeline };
    });
  } catch (error) {
    const gone = [WorkflowNotFoundError, QueryNotRegisteredError, QueryRejectedError];
    if (gone.some((one) => error instanceof one)) return null;
    throw unavailable(error);
  }
}
