import type { FastifyInstance } from 'fastify';
import type { GatewayDeps } from './types.js';

/** A probe must answer before the kubelet's own timeout, which is one second unless told otherwise. */
const REACHABLE_MS = 800;

const text = (description: string) => ({
  description,
  content: { 'text/plain': { schema: { type: 'string' } } },
});

/** `GET /healthz`, `GET /readyz`, `GET /metrics`: for the inside of the network. */
export function registerHealth(
  app: FastifyInstance,
  { client, metrics }: Pick<GatewayDeps, 'client' | 'metrics'>,
): void {
  const tags = ['operation'];
  const plain = 'text/plain; charset=utf-8';

  const alive = { tags, summary: 'Whether the process lives', response: { 200: text('It does.') } };
  app.get('/healthz', { schema: alive }, (_request, reply) => reply.type(plain).send('ok\n'));

  const ready = {
    tags,
    summary: 'Whether Temporal can be reached',
    response: { 200: text('It can.'), 503: text('It cannot; the text says why.') },
  };
  app.get('/readyz', { schema: ready }, async (_request, reply) => {
    try {
      await client.withDeadline(Date.now() + REACHABLE_MS, () => client.workflowService.getSystemInfo({}));
      return await reply.type(plain).send('ready\n');
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
      return reply.code(503).type(plain).send(`Temporal is away: ${why}\n`);
    }
  });

  const metered = { tags, summary: 'Metrics for Prometheus', response: { 200: text('In the text format.') } };
  app.get('/metrics', { schema: metered }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
