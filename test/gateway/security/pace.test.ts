import { expect, test } from '@jest/globals';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import { GatewayError } from '../../../client/gateway/errors.js';
import { createPace } from '../../../client/gateway/security/pace.js';

test('each sender has a pace of their own', async () => {
  const app = fastify();
  await app.register(rateLimit, { global: false });
  const pace = createPace(app, 2);
  app.get<{ Params: { sender: string } }>('/:sender', async (request, reply) => {
    await pace(request, request.params.sender);
    return reply.send('taken');
  });
  app.setErrorHandler((error, _request, reply) =>
    error instanceof GatewayError
      ? reply.code(error.statusCode).send({ again: error.retryAfterSeconds })
      : reply.code(500).send(),
  );
  const ask = async (sender: string) => {
    const { statusCode, body } = await app.inject(`/${sender}`);
    return { statusCode, body };
  };
  expect([await ask('rob'), await ask('rob')].map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  const refused = await ask('rob');
  expect(refused.statusCode).toBe(429);
  expect(JSON.parse(refused.body)).toEqual({ again: expect.any(Number) });
  expect((await ask('lee')).statusCode).toBe(200);
  await app.close();
});
