import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { TemporalAway } from '../../incidents/port.js';
import { jsonSchema, responses } from '../answers.js';
import { GatewayError, notFound, unavailable } from '../errors.js';
import { rawBody } from '../rawBody.js';
import { createPace } from '../security/pace.js';
import { verifyPagerduty } from '../security/pagerdutySignature.js';
import { createReplayMemory, outsideMemory, pagerdutyMemoryMs, type ReplayMemory } from '../security/replayMemory.js';
import type { GatewayDeps, Source } from '../types.js';
import { within } from '../within.js';
import { envelopeSchema, parseEvent } from './event.js';
import { outcomes, takeEvent, type Outcome } from './take.js';
import { createWhereabouts } from './whereabouts.js';

/** PagerDuty waits five seconds for an answer, and sends again what got none. */
const answerMs = 4_000;
/** Larger ones PagerDuty does not send. */
const maxBytes = 256 * 1_024;
/** Of one source; what is too much is sent again. */
const perMinute = 1_200;

const answerSchema = z
  .object({ outcome: z.enum([...outcomes, 'repeat']).describe('What became of the event') })
  .meta({ id: 'PagerdutyTaken' });

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The same for an unknown source and a wrong signature. */
const forbidden = (reason: string): GatewayError =>
  new GatewayError(403, 'FORBIDDEN', 'The request is not signed as PagerDuty signs it for this source.', reason);

/** Lets a webhook in if a secret of the source signed it. Throws `GatewayError` 400, 403, 503. */
function admit(
  request: FastifyRequest,
  deps: GatewayDeps,
  source: Source<'pagerduty'> | undefined,
): Source<'pagerduty'> {
  const secrets = source ? deps.secrets.values(source.config.secrets) : [];
  if (source && secrets.length === 0)
    throw unavailable('The signing secret of this source could not be resolved yet; send it again.');
  const verdict = verifyPagerduty(rawBody(request), header(request, 'x-pagerduty-signature'), secrets);
  if (source && verdict.genuine) {
    request.sender = { kind: 'pagerduty', source: source.name };
    return source;
  }
  const isMalformed = source !== undefined && !verdict.genuine && verdict.reason === 'malformed';
  if (isMalformed)
    throw new GatewayError(400, 'INVALID', 'X-PagerDuty-Signature is no list of version=signature.', 'signature');
  throw forbidden(source ? 'signature' : 'token');
}

/** Does the work once for the event's id, which is signed, and once for the delivery's, which PagerDuty promises to be the same. */
async function onceFor(
  memory: ReplayMemory<Outcome>,
  keys: readonly string[],
  work: () => Promise<Outcome>,
): Promise<{ first: boolean; value: Outcome }> {
  const [key, ...others] = keys;
  if (key === undefined) return { first: true, value: await work() };
  let isFirst = true;
  const { first, value } = await memory.once(key, async () => {
    const inner = await onceFor(memory, others, work);
    isFirst = inner.first;
    return inner.value;
  });
  return { first: first && isFirst, value };
}

/**
 * Webhooks of PagerDuty, version 3: `POST /pagerduty/<source>`. 202 once Temporal has it, 400 for what is no event, 403 for a wrong signature or an
 * event older than the memory of deliveries, 503 when Temporal is away: only then PagerDuty sends it again.
 */
export function registerPagerduty(app: FastifyInstance, deps: GatewayDeps): void {
  const memory = createReplayMemory<Outcome>({ ttlMs: pagerdutyMemoryMs });
  const whereabouts = createWhereabouts(deps.client, deps.incidents);
  const pace = createPace(app, perMinute);

  async function take(
    request: FastifyRequest<{ Params: { source: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    if (request.params.source === '') throw notFound();
    const source = admit(request, deps, deps.sources.pagerduty.get(request.params.source));
    const { name } = source;
    await pace(request, name);
    const event = parseEvent(rawBody(request));
    if (outsideMemory(event.occurredAt, deps.clock()))
      throw new GatewayError(403, 'STALE', 'The event is more than 48 hours old, or of the future.', 'stale');
    const { incidents } = source.system;
    if (!incidents) throw unavailable('The system of this source has no incidents.');
    const incoming = { source: name, system: { ...source.system, incidents }, event };
    const delivery = header(request, 'x-webhook-id')?.slice(0, 200);
    const keys = [`${name}/event/${event.id}`, ...(delivery === undefined ? [] : [`${name}/delivery/${delivery}`])];
    const taken = onceFor(memory, keys, () => takeEvent(deps, whereabouts, incoming));
    let result: Awaited<typeof taken>;
    try {
      const inTime = await within(taken, answerMs);
      // It goes on; the next delivery of it finds the result.
      if (inTime === 'late') throw unavailable('It takes longer than PagerDuty waits; send it again.');
      result = inTime.value;
    } catch (error) {
      if (error instanceof TemporalAway) throw unavailable(error.message);
      throw error;
    }
    const outcome = result.first ? result.value : 'repeat';
    deps.metrics.events.inc({ kind: 'pagerduty', source: name, outcome });
    return reply.code(202).send({ outcome });
  }

  const limits = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
    request.maxBodyBytes = maxBytes;
    done();
  };
  const schema = {
    tags: ['pagerduty'],
    summary: 'Webhooks of PagerDuty, version 3',
    description: 'Signed in X-PagerDuty-Signature. The same event again changes nothing.',
    params: jsonSchema(z.object({ source: z.string().describe('Name in `incidents.sources`') }), 'input'),
    body: jsonSchema(envelopeSchema, 'input'),
    response: responses({ 202: answerSchema }, [400, 403, 404, 408, 413, 415, 429, 503]),
  };
  app.post<{ Params: { source: string } }>('/pagerduty/:source', { schema, onRequest: limits }, take);
}
