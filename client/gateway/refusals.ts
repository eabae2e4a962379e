import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TemporalAway } from '../incidents/port.js';
import { GatewayError, notFound, unavailable } from './errors.js';
import type { GatewayDeps } from './types.js';

/** What Fastify itself refuses, in our words. */
function ofFramework({ statusCode }: FastifyError): GatewayError | undefined {
  if (statusCode === 415) return new GatewayError(415, 'NOT_JSON', 'This type of body is not taken.', 'mediaType');
  if (statusCode === 413) return new GatewayError(413, 'TOO_LARGE', 'The body is too large.', 'tooLarge');
  if (statusCode === 503) return unavailable('The gateway is being stopped; send it again.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new GatewayError(400, 'INVALID', 'The request is malformed.', 'invalid');
  return undefined;
}

/** What is answered for anything that was thrown. Never a stack, and no words of an error that nobody foresaw. */
export function refusalOf(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof TemporalAway) return unavailable(error.message);
  const known = error instanceof Error && 'statusCode' in error ? ofFramework(error as FastifyError) : undefined;
  return known ?? new GatewayError(500, 'INTERNAL', 'Something went wrong here; the log of the gateway says what.');
}

/** Reasons for which an alert is lost, since its sender does not try again. */
const ALARMING = new Set(['tooLarge', 'tooMany']);

/** Logs a refusal without anything that was sent: neither body nor headers nor path. */
function note(request: FastifyRequest, refusal: GatewayError, error: unknown): void {
  const { statusCode: status, code, reason } = refusal;
  const fields = { ...request.sender, route: request.routeOptions.url, status, code };
  if (status === 500) request.log.error({ ...fields, err: error }, 'request failed');
  else if (ALARMING.has(reason))
    request.log.error(fields, 'refused for its size: the sender does not send it again, alerts may be lost');
  else if (status === 503) request.log.warn({ ...fields, why: refusal.message }, 'not taken');
  else if (request.sender) request.log.warn(fields, 'refused');
  else request.log.debug(fields, 'refused');
}

/** One shape for every refusal, and one answer for whatever is not to be found. */
export function registerRefusals(app: FastifyInstance, { metrics }: Pick<GatewayDeps, 'metrics'>): void {
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = refusalOf(error);
    const { kind = 'unknown', source = 'unknown' } = request.sender ?? {};
    metrics.refused.inc({ kind, source, reason: refusal.reason });
    note(request, refusal, error);
    if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', Math.ceil(refusal.retryAfterSeconds));
    return reply.code(refusal.statusCode).send({ code: refusal.code, message: refusal.message });
  };
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => refuse(notFound(), request, reply));
  // A route that does not exist is answered before its body is read, as a wrong token is.
  app.addHook('onRequest', (request, _reply, done) => done(request.is404 ? notFound() : undefined));
}
