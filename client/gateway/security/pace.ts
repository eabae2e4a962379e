import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.js';

/** Counts a request of a proved sender. Throws `GatewayError` 429 with the time to wait when there were too many. */
export type Pace = (request: FastifyRequest, sender: string) => Promise<void>;

/** At most `perMinute` requests of each sender. */
export function createPace(app: FastifyInstance, perMinute: number): Pace {
  const senders = new WeakMap<FastifyRequest, string>();
  const limiter = app.createRateLimit({
    max: perMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => senders.get(request) ?? 'unknown',
  });
  return async (request, sender) => {
    senders.set(request, sender);
    const state = await limiter(request);
    if (state.isAllowed || !state.isExceeded) return;
    const seconds = Math.max(1, state.ttlInSeconds);
    throw new GatewayError(429, 'TOO_MUCH', `Too much at a time; again in ${seconds} s.`, 'rate', seconds);
  };
}
