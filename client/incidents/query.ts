import { QueryNotRegisteredError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { RunStatus } from '../../workflows/kit/types.js';
import type { IncidentView } from '../../workflows/incident/types.js';
import { attributes } from '../../workflows/kit/searchAttributes.js';
import { call, callIfOpen } from './calls.js';
import type { IncidentSummary } from './port.js';

const ANSWER_MS = 2_500;

/** Where an incident stands; `undefined` when it never was, or is no incident. Throws `TemporalAway`, also when no worker answers in time. */
export async function incidentState(client: Client, workflowId: string): Promise<IncidentView | undefined> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const status = await callIfOpen(
      client,
      () => handle.query<RunStatus & { incident?: IncidentView }>('status'),
      ANSWER_MS,
    );
    return status?.incident;
  } catch (error) {
    if (error instanceof QueryNotRegisteredError) return undefined;
    throw error;
  }
}

/** Open incidents of a system, newest first. A new one may take a second to appear. Throws `TemporalAway`. */
export async function openIncidents(client: Client, system: string, limit = 50): Promise<IncidentSummary[]> {
  // A system's name holds nothing that could end the quotes (`systems/fields.ts`).
  const query = `WorkflowType = 'incident' AND ExecutionStatus = 'Running' AND BelaySystem = '${system}'`;
  return call(client, async () => {
    const found: IncidentSummary[] = [];
    for await (const { workflowId, startTime, typedSearchAttributes, memo } of client.workflow.list({
      query,
      pageSize: limit,
    })) {
      const severity = typedSearchAttributes.get(attributes.severity);
      const state = typedSearchAttributes.get(attributes.state);
      const kind = memo?.['kind'];
      found.push({
        incident: workflowId,
        system,
        ...(severity !== undefined && { severity }),
        ...(state !== undefined && { state }),
        ...((kind === 'operational' || kind === 'security') && { kind }),
        openedAt: startTime.getTime(),
      });
      if (found.length >= limit) break;
    }
    return found;
  });
}
