import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Admission } from '../admission.js';
import { jsonSchema, responses } from '../answers.js';
import { notFound } from '../errors.js';
import { parseBody, requireJson } from '../json.js';
import { rawBody } from '../rawBody.js';
import { systemOf } from '../sources.js';
import type { GatewayDeps } from '../types.js';
import { Performer } from './perform.js';
import { actionAnswer, botRequest, done, taken } from './schema.js';

const MAX_BYTES = 256 * 1_024;

/** `POST /bots/:source`: open, tell, act on and ask about the incidents of one system. */
export function registerBots(app: FastifyInstance, deps: GatewayDeps, admission: Admission): void {
  const schema = {
    tags: ['bots'],
    summary: 'Open, tell, act on and ask about incidents',
    description: 'A bot may do what `may` of its source lists, to the incidents of the system in which it stands.',
    security: [{ token: [] }],
    params: jsonSchema(z.object({ source: z.string().describe('Name in `incidents.sources`') }), 'input'),
    body: jsonSchema(botRequest, 'input'),
    response: responses({ 200: done, 202: taken, 409: actionAnswer }, [400, 403, 404, 408, 413, 415, 429, 503]),
  };
  const onRequest = admission.hook('bot', () => MAX_BYTES);
  app.post('/bots/:source', { schema, onRequest }, async (request, reply) => {
    requireJson(request.headers['content-type']);
    const source = admission.source('bot', request);
    if (!source) throw notFound();
    const asked = parseBody(botRequest, rawBody(request));
    const performer = new Performer(deps, source, systemOf(source));
    const { status, body } = await admission.within('bot', source.name, () => performer.perform(asked));
    return reply.code(status).send(body);
  });
}
