import { boundedLabels, boundedLinks, boundedSummary } from '../../incidents/facts.js';
import type { Delivery, SourceAlert } from '../../incidents/port.js';
import { oneLine } from '../../incidents/route.js';
import type { IncidentData } from './event.js';

/** The alert that an incident of PagerDuty stands for. Its labels, for routing: `alertname` and `title`, `service`, `priority`, `urgency`, `pagerduty` (the id there). */
export function alertOf(source: string, data: IncidentData, status: SourceAlert['status'], at: number): SourceAlert {
  const title = oneLine(data.title ?? '', 200) || 'Incident in PagerDuty';
  const labels = {
    alertname: title,
    title,
    service: oneLine(data.service?.summary ?? '', 120),
    priority: oneLine(data.priority?.summary ?? '', 60),
    urgency: oneLine(data.urgency ?? '', 40),
    pagerduty: data.id,
  };
  const links = boundedLinks([{ title: 'PagerDuty', url: data.html_url ?? undefined }]);
  const summary = boundedSummary(data.title ?? undefined);
  return {
    fingerprint: `${source}/${data.id}`,
    status,
    // When it happened, not when the incident was created: so a webhook that comes too late is told from one that reopens.
    startsAt: at,
    ...(status === 'resolved' && { endsAt: at }),
    name: title,
    labels: boundedLabels(Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))),
    ...(summary !== undefined && { summary }),
    ...(links.length > 0 && { links }),
  };
}

/** What a webhook about an incident that began in PagerDuty tells. */
export const deliveryOf = (source: string, alert: SourceAlert, receivedAt: number): Delivery => ({
  source,
  group: alert.fingerprint,
  receivedAt,
  alerts: [alert],
});
