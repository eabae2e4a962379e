import { eventMs } from '../kit/history.js';
import type { IncidentView } from '../../workflows/incident/types.js';
import type { IncidentPlace } from './place.js';

const AT_ONCE = 10;

/** Asks a few at a time; a hundred at once would be a load of their own. */
export async function inTurn<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE)
    answers.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(ask))));
  return answers;
}

/** Alerts that these incidents know of, by the query that people use. */
export async function knownAlerts({ temporal }: IncidentPlace, incidents: readonly string[]): Promise<number> {
  const counts = await inTurn(incidents, async (id) => {
    const { incident } = await temporal.client.workflow.getHandle(id).query<{ incident: IncidentView }>('status');
    return incident.firing;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Incidents that Temporal lists, whoever opened them. */
export const listedIncidents = async ({ temporal }: IncidentPlace): Promise<number> =>
  (await temporal.client.workflow.count(`WorkflowType = 'incident'`)).count;

/** When the server accepted the first update of a run, ms since the epoch. Throws when it has none. */
export async function acceptedAt({ temporal }: IncidentPlace, incident: string): Promise<number> {
  const { events } = await temporal.client.workflow.getHandle(incident).fetchHistory();
  const accepted = events?.find((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  if (!accepted) throw new Error(`${incident} has accepted no update`);
  return eventMs(accepted);
}
