import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { alertmanagerBody, deliveryOf, MAX_ALERTS } from '../incidents/alertmanager.js';
import type { Admission } from './admission.js';
import { jsonSchema, responses } from './answers.js';
import { GatewayError, notFound } from './errors.js';
import { parseBody, parseJson, requireJson } from './json.js';
import { rawBody } from './rawBody.js';
import { systemOf } from './sources.js';
import type { GatewayDeps } from './types.js';

const answer = z
  .object({
    incidents: z.array(
      z.object({
        incident: z.string().describe('Workflow id'),
        outcome: z
          .enum(['opened', 'attached', 'dropped', 'held'])
          .describe('dropped: resolved, and none is open; held: its resolve had come before'),
        alerts: z.int(),
      }),
    ),
  })
  .meta({ id: 'Delivered' });

/** Counted before the shape is looked at: the alarm of what is lost must not hide among the malformed. */
function refuseTooMany(body: unknown): void {
  const alerts = typeof body === 'object' && body !== null && 'alerts' in body ? body.alerts : undefined;
  if (Array.isArray(alerts) && alerts.length > MAX_ALERTS)
    throw new GatewayError(
      413,
      'TOO_MANY',
      `More than ${MAX_ALERTS} alerts in one request; set max_alerts of the receiver.`,
      'tooMany',
    );
}

/** `POST /alertmanager/:source`: the webhook of Alertmanager, version 4. */
export function registerAlertmanager(app: FastifyInstance, deps: GatewayDeps, admission: Admission): void {
  const schema = {
    tags: ['alerts'],
    summary: 'Webhook of Alertmanager, version 4',
    description: 'Answers after Temporal has every alert. The same delivery again changes nothing.',
    security: [{ token: [] }],
    params: jsonSchema(z.object({ source: z.string().describe('Name in `incidents.sources`') }), 'input'),
    body: jsonSchema(alertmanagerBody, 'input'),
    response: responses({ 202: answer }, [400, 404, 408, 413, 415, 503]),
  };
  const onRequest = admission.hook('alertmanager', ({ config }) => config.maxBytes);
  app.post('/alertmanager/:source', { schema, onRequest }, async (request, reply) => {
    requireJson(request.headers['content-type']);
    const source = admission.source('alertmanager', request);
    if (!source) throw notFound();
    const bytes = rawBody(request);
    refuseTooMany(parseJson(bytes));
    const body = parseBody(alertmanagerBody, bytes);
    const delivery = deliveryOf(source.name, body, deps.clock());
    const incidents = await admission.within('alertmanager', source.name, () =>
      deps.incidents.deliver(systemOf(source), delivery),
    );
    for (const { outcome } of incidents)
      deps.metrics.events.inc({ kind: 'alertmanager', source: source.name, outcome });
    // Some were left out by the receiver's max_alerts: not lost, since what is missing from a list is not resolved.
    if ((body.truncatedAlerts ?? 0) > 0)
      deps.log.warn({ source: source.name, truncated: body.truncatedAlerts }, 'Alertmanager left alerts out');
    return reply.code(202).send({ incidents });
  });
}
