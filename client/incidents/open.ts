import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { call } from './calls.js';
import type { IncidentSystem, Opening } from './port.js';
import { startOptions } from './start.js';
import type { IncidentPlace } from './start.js';

/** Id of an incident that somebody opens: readable, and the same for the same request. */
export function openedId(system: string, title: string, requestId: string): string {
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  const random = createHash('sha256')
    .update(JSON.stringify([system, requestId]))
    .digest('hex')
    .slice(0, 8);
  return `incident/${system}/${slug || 'incident'}-${random}`;
}

/** Opens an incident. The same request again opens nothing, not even after the first has ended. Throws `TemporalAway`. */
export async function openIncident(
  { client, queue }: IncidentPlace,
  system: IncidentSystem,
  opening: Opening,
  requestId: string,
): Promise<{ incident: string }> {
  const incident = openedId(system.name, opening.title, requestId);
  const options = startOptions(queue, incident, { system: system.name, ...opening });
  try {
    await call(client, () =>
      client.workflow.start('incident', { ...options, workflowIdReusePolicy: 'REJECT_DUPLICATE' }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  return { incident };
}
