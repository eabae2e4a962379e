import { createHash } from 'node:crypto';
import { isOurDedupKey } from '../../../activities/pagerduty/dedup.js';
import type { Action, Actor } from '../../../workflows/incident/types.js';
import { callIfOpen } from '../../incidents/calls.js';
import type { IncidentSystem } from '../../incidents/port.js';
import { oneLine, routeAlert } from '../../incidents/route.js';
import { actIfPermitted, systemOf } from '../security/permitted.js';
import type { GatewayDeps } from '../types.js';
import { alertOf, deliveryOf } from './alert.js';
import type { IncidentData, PagerdutyEvent } from './event.js';
import { meaningOf, subjectOf, type Meaning } from './meaning.js';
import { linkText, type Whereabouts } from './whereabouts.js';

/** What may become of an event; labels of a metric, and told to the sender. */
export const outcomes = [
  'ignored',
  'echo',
  'opened',
  'attached',
  'dropped',
  'held',
  'acted',
  'noted',
  'refused',
] as const;
export type Outcome = (typeof outcomes)[number];

/** One event, and where it came in. */
export interface Incoming {
  source: string;
  system: IncidentSystem;
  event: PagerdutyEvent;
}

interface Place extends Incoming {
  deps: GatewayDeps;
  whereabouts: Whereabouts;
  actor: Actor;
  /** One of the system's people stands behind it. */
  isPerson: boolean;
}

const isUser = ({ agent }: PagerdutyEvent): boolean => agent?.type?.startsWith('user') ?? false;

/** Who caused the event: a person of the system, or PagerDuty with the name that it gives. */
function actorOf(deps: GatewayDeps, { system, event }: Incoming): { actor: Actor; isPerson: boolean } {
  const { agent } = event;
  if (agent && isUser(event)) {
    const byId = agent.id === undefined ? undefined : deps.identify(system, { pagerduty: agent.id });
    const person = byId ?? (agent.email ? deps.identify(system, { email: agent.email }) : undefined);
    if (person) return { actor: { ...person, via: 'pagerduty' }, isPerson: true };
  }
  const name = oneLine(agent?.summary ?? agent?.id ?? '', 120);
  // In brackets: no name there can be that of one of our people.
  return { actor: { id: name === '' ? 'PagerDuty' : `${name} (PagerDuty)`, via: 'pagerduty' }, isPerson: false };
}

/** The same event, delivered again, asks for the same thing. */
const requestIdOf = ({ source, event }: Incoming, step: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['pagerduty', source, event.id, step]))
    .digest('hex');

/** Writes into the timeline what PagerDuty tells, without waiting for the incident's answer. */
async function note(place: Place, incident: string, text: string, step = 'note'): Promise<Outcome> {
  const { client } = place.deps;
  const action: Action = { type: 'note', actor: place.actor, requestId: requestIdOf(place, step), text };
  const told = await callIfOpen(client, async () => {
    await client.workflow.getHandle(incident).signal<[Action]>('event', action);
    return true;
  });
  return told ? 'noted' : 'dropped';
}

/** Does it if whoever stands behind it may; if not, the incident's timeline says that it happened in PagerDuty. */
async function act(place: Place, incident: string, action: Action, text: string): Promise<Outcome> {
  const { deps, system, actor, isPerson } = place;
  const { answer } = await actIfPermitted(deps.incidents, {
    system,
    incident,
    actor,
    bySource: !isPerson,
    requestId: requestIdOf(place, action.type),
    action: () => action,
  });
  if (answer.accepted) return 'acted';
  if (answer.code === 'NOT_FOUND') return 'dropped';
  if (answer.code === 'RESTRICTED' || answer.code === 'NOT_ALLOWED' || answer.code === 'UNKNOWN_PERSON')
    await note(place, incident, `${text}. Here that changes nothing: ${answer.answer}`);
  return 'refused';
}

/** An incident that began in PagerDuty: its alert fires or ends. */
async function alert(place: Place, data: IncidentData, status: 'firing' | 'resolved'): Promise<Outcome> {
  const { deps, system, source, event, whereabouts } = place;
  const fact = alertOf(source, data, status, event.occurredAt);
  if (status === 'resolved' && place.isPerson) {
    const incident = await whereabouts.find(system.name, { id: data.id }, routeAlert(system, fact).workflowId);
    // A person's answer first: what the source alone has ended was answered by nobody.
    if (incident !== undefined)
      await act(place, incident, { type: 'resolve', actor: place.actor }, 'Resolved in PagerDuty');
  }
  const [delivered] = await deps.incidents.deliver(system, deliveryOf(source, fact, deps.clock()));
  if (!delivered) return 'dropped';
  if (status === 'firing') {
    whereabouts.learn(system.name, data.id, delivered.incident);
    await note(place, delivered.incident, linkText(data.id, data.number, data.html_url), 'link');
  }
  return delivered.outcome;
}

function actionOf(meaning: Meaning, actor: Actor): { action: Action; text: string } | undefined {
  switch (meaning.does) {
    case 'acknowledge':
      return { action: { type: 'acknowledge', actor }, text: `${actor.person ?? actor.id} acknowledged in PagerDuty` };
    case 'resolve':
      return { action: { type: 'resolve', actor }, text: meaning.text };
    case 'setSeverity':
      return { action: { type: 'setSeverity', actor, severity: meaning.severity }, text: meaning.text };
    default:
      return undefined;
  }
}

/** Remembers under which number PagerDuty keeps one of our incidents. */
async function learn(place: Place, incident: string): Promise<Outcome> {
  const { event, system, whereabouts } = place;
  if (event.data?.type !== 'incident') return 'echo';
  whereabouts.learn(system.name, event.data.id, incident);
  await note(
    { ...place, actor: { id: 'PagerDuty', via: 'pagerduty' } },
    incident,
    linkText(event.data.id, event.data.number, event.data.html_url),
    'link',
  );
  return 'echo';
}

/** Where the alert of an incident that began in PagerDuty is routed to; `undefined` for ours. */
function routedTo({ system, source, event }: Incoming): string | undefined {
  const { data, occurredAt } = event;
  if (data?.type !== 'incident' || isOurDedupKey(data.incident_key)) return undefined;
  return routeAlert(system, alertOf(source, data, 'firing', occurredAt)).workflowId;
}

/**
 * Turns one event of PagerDuty into what it means for our incident. Safe to repeat: request ids and delivery ids are made of the event's id.
 * Throws `TemporalAway`.
 */
export async function takeEvent(deps: GatewayDeps, whereabouts: Whereabouts, incoming: Incoming): Promise<Outcome> {
  const { system, event } = incoming;
  const meaning = meaningOf(event, system.incidents);
  const subject = subjectOf(event);
  if (meaning.does === 'nothing' || !subject) return 'ignored';
  if (meaning.does === 'echo' && !meaning.opened) return 'echo';
  const place: Place = { ...incoming, deps, whereabouts, ...actorOf(deps, incoming) };
  if (meaning.does === 'alert') return alert(place, meaning.data, meaning.status);
  const incident = await whereabouts.find(system.name, subject, routedTo(incoming));
  // Runs of other kinds and other systems tell PagerDuty things too; their answers are not for this one.
  if (incident === undefined || systemOf(incident) !== system.name) return 'dropped';
  if (meaning.does === 'echo') return learn(place, incident);
  whereabouts.learn(system.name, subject.id, incident);
  if (meaning.does === 'note') return note(place, incident, meaning.text);
  const asked = actionOf(meaning, place.actor);
  return asked ? act(place, incident, asked.action, asked.text) : 'ignored';
}
