import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Admission } from './admission.js';
import { registerAlertmanager } from './alertmanager.js';
import { registerBots } from './bots/index.js';
import { defaultLimits } from './config.js';
import type { GatewayLimits } from './config.js';
import { notFound } from './errors.js';
import { registerHealth } from './health.js';
import { registerOpenapi, serveOpenapi } from './openapi.js';
import { plugins } from './plugins.js';
import { registerRawBodies } from './rawBody.js';
import { registerRefusals } from './refusals.js';
import type { GatewayDeps } from './types.js';

const HEADER_BYTES = 16 * 1_024;
const HEADERS_MS = 5_000;
/** For a whole request to arrive; its body has less (`rawBody.ts`). */
const REQUEST_MS = 15_000;
const KEEP_ALIVE_MS = 75_000;

export interface ServerOptions {
  limits?: GatewayLimits;
  /** How long a body may take to arrive (ms). */
  bodyReadMs?: number;
}

/** What is answered where HTTP itself is broken, before there is a request. */
const broken: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

const commonHeaders = (requestId: string) => ({
  'x-request-id': requestId,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
});

function measure(app: FastifyInstance, { metrics }: GatewayDeps): void {
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.inc({ method: request.method, route, status: reply.statusCode });
    metrics.duration.observe({ route }, reply.elapsedTime / 1_000);
    if (request.sender && reply.statusCode < 400)
      request.log.info(
        { ...request.sender, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
        'taken',
      );
    done();
  });
}

/** The gateway, not yet listening. Nothing is contacted. `close()` finishes what is under way; requests that come meanwhile get 503. */
export async function createGateway(deps: GatewayDeps, options: ServerOptions = {}): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = deps.log;
  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { maxHeaderSize: HEADER_BYTES, headersTimeout: HEADERS_MS, connectionsCheckingInterval: 1_000 },
    clientErrorHandler: (error, socket) => {
      const [status, text] = broken[error.code] ?? [400, 'Bad Request'];
      const body = JSON.stringify({ code: 'MALFORMED', message: text });
      const head = `HTTP/1.1 ${status} ${text}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
      if (socket.writable) socket.end(head + body);
      socket.destroySoon();
    },
    // Paths that cannot be read lead nowhere either.
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      const { statusCode, code, message } = notFound();
      void reply.code(statusCode).headers(commonHeaders(request.id)).send({ code, message });
    },
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.headers(commonHeaders(request.id));
    done();
  });
  registerRawBodies(app, options.bodyReadMs);
  registerRefusals(app, deps);
  measure(app, deps);
  await app.register(rateLimit, { global: false });
  await registerOpenapi(app);
  await app.register((scope, _options, done) => {
    const admission = new Admission(scope, deps, options.limits ?? defaultLimits);
    registerHealth(scope, deps);
    registerAlertmanager(scope, deps, admission);
    registerBots(scope, deps, admission);
    serveOpenapi(scope);
    done();
  });
  for (const plugin of plugins) await app.register(async (scope) => plugin(scope, deps));
  await app.ready();
  return app;
}
