import { randomUUID } from 'node:crypto';
import type { Change, DoubleIncident, DoubleService, DoubleUser } from './account.js';

interface Names {
  service: (id: string) => DoubleService | undefined;
  user: (id: string) => DoubleUser | undefined;
}

const WEB = 'https://sandbox.pagerduty.com';
const API = 'https://api.pagerduty.com';

const reference = (kind: string, id: string, summary: string, type = `${kind}_reference`) => ({
  html_url: `${WEB}/${kind}s/${id}`,
  id,
  self: `${API}/${kind}s/${id}`,
  summary,
  type,
});

function incidentData(incident: DoubleIncident, names: Names): object {
  const service = names.service(incident.service);
  return {
    ...{
      id: incident.id,
      type: 'incident',
      self: `${API}/incidents/${incident.id}`,
      html_url: `${WEB}/incidents/${incident.id}`,
    },
    ...{ number: incident.number, status: incident.status, incident_key: incident.incident_key },
    ...{ created_at: incident.created_at, title: incident.title },
    service: reference('service', incident.service, service?.name ?? incident.service),
    assignees: incident.assignees.map((id) => reference('user', id, names.user(id)?.name ?? id)),
    escalation_policy: reference('escalation_policie', 'PEP0001', 'Default', 'escalation_policy_reference'),
    ...{ teams: [], priority: null, urgency: incident.severity === 'info' ? 'low' : 'high' },
    ...{ conference_bridge: null, resolve_reason: null },
  };
}

/** The body of a v3 webhook (https://developer.pagerduty.com/docs/webhooks-overview#webhook-payload). */
export function webhookBody(change: Change, names: Names): { event: Record<string, unknown> } {
  const { incident, agent, type, note } = change;
  const who =
    'user' in agent
      ? reference('user', agent.user, names.user(agent.user)?.name ?? agent.user)
      : {
          ...reference('service', agent.integration, 'Events API V2'),
          type: 'events_api_v2_inbound_integration_reference',
        };
  const data =
    note === undefined
      ? incidentData(incident, names)
      : {
          incident: reference('incident', incident.id, incident.title),
          ...{ id: randomUUID().slice(0, 8).toUpperCase(), content: note, trimmed: false, type: 'incident_note' },
        };
  return {
    event: {
      ...{ id: randomUUID(), event_type: type, resource_type: 'incident', occurred_at: new Date().toISOString() },
      ...{ agent: who, client: type === 'incident.triggered' ? incident.client : null, data },
    },
  };
}
