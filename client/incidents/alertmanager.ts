import { createHash } from 'node:crypto';
import { z } from 'zod';
import { boundedLabels, boundedLinks, boundedSummary } from './facts.js';
import type { Delivery, SourceAlert } from './port.js';
import { oneLine } from './route.js';

/** More in one request are refused (413): `max_alerts` of the receiver bounds it. */
export const MAX_ALERTS = 1_000;
/** Of any length: the body's limit bounds them, and an alert with a long annotation must not get lost. */
const text = z.string();
const texts = z.record(z.string(), text).default({});
const time = z
  .string()
  .max(64)
  .refine((value) => !Number.isNaN(Date.parse(value)), 'must be a time as in RFC 3339')
  .meta({ format: 'date-time' });

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: texts,
  annotations: texts,
  startsAt: time,
  endsAt: time.optional(),
  generatorURL: text.optional(),
  fingerprint: text.optional(),
});

/** Body of Alertmanager's webhook, version 4. Fields that are not named here are left aside: newer versions add some. */
export const alertmanagerBody = z
  .object({
    version: z.literal('4'),
    groupKey: text,
    receiver: text.optional(),
    truncatedAlerts: z.int().min(0).optional(),
    status: z.enum(['firing', 'resolved']).optional(),
    externalURL: text.optional(),
    alerts: z.array(alertSchema).min(1).max(MAX_ALERTS),
  })
  .meta({
    id: 'AlertmanagerWebhook',
    description:
      'Webhook of Alertmanager, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config',
  });

export type AlertmanagerBody = z.output<typeof alertmanagerBody>;

/** Old versions send none: then it is made of the labels, as Alertmanager itself does. */
function fingerprintOf({ fingerprint, labels }: z.output<typeof alertSchema>): string {
  if (fingerprint) return oneLine(fingerprint, 128);
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 16);
}

/** An alert that fires has the zero time, or a time in the future, as its end. */
function endOf(status: string, endsAt: string | undefined): number | undefined {
  const at = endsAt === undefined ? Number.NaN : Date.parse(endsAt);
  return status === 'resolved' && at > 0 ? at : undefined;
}

function alertOf(source: string, alert: z.output<typeof alertSchema>, externalURL: string | undefined): SourceAlert {
  const { annotations, status } = alert;
  const labels = boundedLabels(alert.labels);
  const endsAt = endOf(status, alert.endsAt);
  const summary = boundedSummary(annotations['summary'], annotations['message'], annotations['description']);
  const links = boundedLinks([
    { title: 'Runbook', url: annotations['runbook_url'] },
    { title: 'Dashboard', url: annotations['dashboard_url'] ?? annotations['dashboard'] },
    { title: 'Source', url: alert.generatorURL },
    { title: 'Alertmanager', url: externalURL },
  ]);
  return {
    fingerprint: `${source}/${fingerprintOf(alert)}`,
    status,
    startsAt: Math.max(0, Date.parse(alert.startsAt)),
    ...(endsAt !== undefined && { endsAt }),
    name: oneLine(labels['alertname'] ?? '', 200) || 'alert',
    labels,
    ...(summary !== undefined && { summary }),
    ...(links.length > 0 && { links }),
  };
}

/** What a webhook tells, in Belay's words: bounded, fingerprints scoped to the source. Pure. */
export function deliveryOf(source: string, body: AlertmanagerBody, receivedAt: number): Delivery {
  return {
    source,
    group: JSON.stringify([body.receiver ?? '', body.groupKey]),
    receivedAt,
    alerts: body.alerts.map((alert) => alertOf(source, alert, body.externalURL)),
  };
}
