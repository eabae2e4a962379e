import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

/** The description is for reading and for programs; bodies are checked by the schemas that it is made of, not by it. */
export async function registerOpenapi(app: FastifyInstance): Promise<void> {
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Belay gateway',
        version: '1',
        description: 'Intake of alerts, bots, PagerDuty and Slack. 2xx is answered only after Temporal has everything.',
      },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'One of the source’s `tokens`' } },
      },
    },
  });
}

/** `GET /openapi.json`. */
export function serveOpenapi(app: FastifyInstance): void {
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
