import type { Notification, NotificationKind } from '../types.js';
import type { Incident, IncidentFields } from './client.js';

/** In the order in which an incident goes through them. */
const STATUSES = ['investigating', 'identified', 'monitoring', 'resolved'];
type Said = 'investigating' | 'identified' | 'resolved';

const STATUS_OF: Record<NotificationKind, Said> = {
  start: 'investigating',
  page: 'investigating',
  failure: 'investigating',
  rollback: 'identified',
  end: 'resolved',
};

/** All that Belay says in public. Never anything of a notification's text: it is written for those who run the system. */
const OPENING: Record<Said, string> = {
  investigating: 'We are investigating an issue that affects this service. We will post here when we know more.',
  identified: 'We have identified the issue and are restoring the service.',
  resolved: 'The issue has been resolved.',
};
const UPDATE: Record<Said, string> = {
  ...OPENING,
  investigating: 'We continue to investigate the issue.',
};

/** Nor is a notification's title public: titles name people, workloads and data sources. */
const NAME = 'Service disruption';

/** What a channel says of the incidents that it opens. */
export interface IncidentLook {
  /** What they are called; at most 255 characters. */
  incidentName?: string | undefined;
  components?: string[] | undefined;
  impact?: string | undefined;
}

/** What is to be done on the page for one notification. */
export type Act =
  | { do: 'nothing'; incident?: Incident }
  | { do: 'open'; incident: IncidentFields & { name: string } }
  | { do: 'change'; changes: [Change, ...Change[]] };

export interface Change {
  id: string;
  fields: IncidentFields;
}

const reference = ({ metadata }: Incident): Record<string, unknown> => {
  const belay = metadata?.['belay'];
  return typeof belay === 'object' && belay !== null ? (belay as Record<string, unknown>) : {};
};

type Owner = Pick<Notification, 'workflowId' | 'topic'>;

/** Whether Belay opened the incident for this topic or run. Only the API shows metadata, and only with a key; the page does not. */
export const belongsTo =
  ({ workflowId, topic }: Owner) =>
  (incident: Incident): boolean => {
    const { workflow, topic: other } = reference(incident);
    return topic === undefined ? workflow === workflowId && other === undefined : other === topic;
  };

type Dated = { created_at?: string | null | undefined };
const byAge = (a: Dated, b: Dated): number => timeOf(a) - timeOf(b);
const timeOf = ({ created_at: time }: Dated): number => Date.parse(time ?? '') || 0;

/** The vendor lists updates newest first, which decides between those of the same instant. */
const lastUpdate = ({ incident_updates: updates }: Incident) => (updates ?? []).toSorted((a, b) => byAge(b, a))[0];

type Message = Owner & Pick<Notification, 'kind' | 'key' | 'ongoing'>;

/**
 * Decides from the page's unresolved incidents. One incident per topic or run: the first notification opens it, `end` resolves it unless
 * it is `ongoing`. A repeat, the same sentence twice in a row, and a step back behind what people have set by hand change nothing.
 */
export function actOn(unresolved: Incident[], look: IncidentLook, message: Message): Act {
  const status = STATUS_OF[message.kind];
  const [incident, ...others] = unresolved.filter(belongsTo(message)).toSorted(byAge);
  if (!incident) return status === 'resolved' ? { do: 'nothing' } : { do: 'open', incident: opening(look, message) };
  if (status === 'resolved' && message.ongoing) return { do: 'nothing', incident };
  if (status === 'resolved') {
    const foreign = unresolved.filter((one) => one !== incident && !others.includes(one));
    const resolve = (one: Incident): Change => ({ id: one.id, fields: resolution(one, foreign, look, message) });
    // There are others only if two workers opened it at the same instant.
    return { do: 'change', changes: [resolve(incident), ...others.map(resolve)] };
  }
  const last = lastUpdate(incident);
  const repeated = reference(incident)['key'] === message.key;
  const back = STATUSES.indexOf(incident.status) > STATUSES.indexOf(status);
  const said = last?.status === status && last.body === UPDATE[status];
  if (repeated || back || said) return { do: 'nothing', incident };
  return { do: 'change', changes: [{ id: incident.id, fields: update(incident, message) }] };
}

function opening(look: IncidentLook, message: Message): IncidentFields & { name: string } {
  const status = STATUS_OF[message.kind];
  const components = look.components ?? [];
  return {
    name: look.incidentName ?? NAME,
    status,
    body: OPENING[status],
    deliver_notifications: true,
    metadata: { belay: mark(message) },
    ...(look.impact !== undefined && { impact_override: look.impact }),
    ...(components.length > 0 && { components: all(components, 'major_outage'), component_ids: components }),
  };
}

function update({ metadata }: Incident, message: Message): IncidentFields {
  const status = STATUS_OF[message.kind];
  // What others have attached stays.
  const kept = { ...metadata, belay: mark(message) };
  return { status, body: UPDATE[status], deliver_notifications: true, metadata: kept };
}

/** A component that another open incident concerns is not ours to call healthy. */
function resolution(one: Incident, foreign: Incident[], look: IncidentLook, message: Message): IncidentFields {
  const affected = foreign.flatMap(({ components }) => (components ?? []).map(({ id }) => id));
  const healthy = (look.components ?? []).filter((id) => !affected.includes(id));
  return { ...update(one, message), ...(healthy.length > 0 && { components: all(healthy, 'operational') }) };
}

/** By it the incident is found again, and the message that was applied last. */
const mark = ({ workflowId, topic, key }: Message) => ({
  ...{ workflow: workflowId, key },
  ...(topic !== undefined && { topic }),
});

const all = (components: string[], status: string) => Object.fromEntries(components.map((id) => [id, status]));
