import { isEcho, isOurDedupKey } from '../../../activities/pagerduty/dedup.js';
import type { Incidents } from '../../../systems/incidentSchema.js';
import { oneLine } from '../../incidents/route.js';
import type { IncidentData, PagerdutyEvent, Reference } from './event.js';

const maxText = 1_500;

/** What an event asks of the incident that it is about. */
export type Meaning =
  /** Not about an incident, or of a kind that says nothing to us. */
  | { does: 'nothing' }
  /** Our own doing. `opened`: PagerDuty's number for it is worth remembering. */
  | { does: 'echo'; opened: boolean }
  /** PagerDuty is the source: the alert fires or has ended. */
  | { does: 'alert'; status: 'firing' | 'resolved'; data: IncidentData }
  | { does: 'acknowledge' }
  | { does: 'resolve'; text: string }
  | { does: 'setSeverity'; severity: string; text: string }
  | { does: 'note'; text: string };

const named = (reference: Reference | null | undefined, otherwise: string): string =>
  oneLine(reference?.summary ?? reference?.id ?? '', 120) || otherwise;

/** What the event is about, in PagerDuty's own numbering. */
export function subjectOf({ data }: PagerdutyEvent): { id: string; key?: string } | undefined {
  if (!data) return undefined;
  if (data.type !== 'incident') return { id: data.incident.id };
  return { id: data.id, ...(data.incident_key && { key: data.incident_key }) };
}

/** One of our severities by the name of a PagerDuty priority. */
export function severityOfPriority(
  priority: Reference | null | undefined,
  { severities }: Incidents,
): string | undefined {
  const name = priority?.summary?.trim().toLowerCase();
  return severities.find(({ id }) => id.toLowerCase() === name)?.id;
}

/** PagerDuty resolves what is merged into another incident. */
const isMerged = ({ resolve_reason: reason }: IncidentData): boolean => reason?.type === 'merge_resolve_reason';

function textOf({ type, data, agent }: PagerdutyEvent): string | undefined {
  const who = named(agent, 'PagerDuty');
  if (data?.type === 'incident_note') return `${who} in PagerDuty: ${oneLine(data.content ?? '', maxText)}`;
  if (data?.type === 'incident_status_update')
    return `Status update in PagerDuty, ${who}: ${oneLine(data.message ?? '', maxText)}`;
  if (data?.type === 'incident_responder')
    return `Responder in PagerDuty: ${named(data.user, 'somebody')}${data.state ? `, ${oneLine(data.state, 60)}` : ''}`;
  if (data?.type !== 'incident') return undefined;
  const assignees = data.assignees?.map((one) => named(one, 'somebody')).slice(0, 5);
  const to = assignees?.length ? ` to ${assignees.join(', ')}` : '';
  switch (type) {
    case 'incident.escalated':
      return `${who} escalated in PagerDuty${to}`;
    case 'incident.reassigned':
      return `${who} reassigned in PagerDuty${to}`;
    case 'incident.delegated':
      return `${who} delegated in PagerDuty to ${named(data.escalation_policy, 'another policy')}`;
    case 'incident.unacknowledged':
      return `Not acknowledged in PagerDuty any more (${who})`;
    case 'incident.reopened':
      return `${who} reopened in PagerDuty`;
    case 'incident.priority_updated':
      return `${who} set the priority in PagerDuty: ${named(data.priority, 'none')}`;
    case 'incident.resolved':
      return isMerged(data)
        ? `${who} merged it in PagerDuty into ${named(data.resolve_reason?.incident, 'another incident')}`
        : `${who} resolved in PagerDuty`;
    default:
      return undefined;
  }
}

/**
 * What a webhook means. Pure. What Belay itself has caused is an echo, told by who did it and under which key: acting on it would begin a loop.
 * An escalation there is a note here: the two ladders have different levels, and each is climbed by its own clock.
 */
export function meaningOf(event: PagerdutyEvent, incidents: Incidents): Meaning {
  const { type, data, agent, clientName } = event;
  if (!data) return { does: 'nothing' };
  const text = textOf(event);
  const note: Meaning = text === undefined ? { does: 'nothing' } : { does: 'note', text };
  if (data.type !== 'incident') return note;
  if (isEcho({ agent, client: { name: clientName }, data }))
    return { does: 'echo', opened: type === 'incident.triggered' };
  const isOurs = isOurDedupKey(data.incident_key);
  switch (type) {
    case 'incident.triggered':
      return isOurs ? { does: 'echo', opened: true } : { does: 'alert', status: 'firing', data };
    case 'incident.reopened':
      return isOurs ? note : { does: 'alert', status: 'firing', data };
    case 'incident.resolved':
      if (!isOurs) return { does: 'alert', status: 'resolved', data };
      // Merged there, it goes on under another number: nothing is over.
      return isMerged(data) ? note : { does: 'resolve', text: text ?? '' };
    case 'incident.acknowledged':
      return { does: 'acknowledge' };
    case 'incident.priority_updated': {
      const severity = severityOfPriority(data.priority, incidents);
      return severity === undefined ? note : { does: 'setSeverity', severity, text: text ?? '' };
    }
    default:
      return note;
  }
}
