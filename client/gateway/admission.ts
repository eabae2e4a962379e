import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GatewayLimits } from './config.js';
import { GatewayError, notFound, unavailable } from './errors.js';
import { secretsOf } from './sources.js';
import { bearerToken, isToken } from './tokens.js';
import type { GatewayDeps, Source, SourceType } from './types.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends, once that is proved; for the log and the metrics. */
    sender?: { kind: SourceType; source: string };
  }
}

/** How a source is told that it sends too much: Alertmanager repeats only what was answered with 5xx. */
function tooMuch(kind: SourceType, what: string, seconds: number): GatewayError {
  const message = `Too much at a time (${what}); send it again in ${seconds} s.`;
  return new GatewayError(kind === 'alertmanager' ? 503 : 429, 'TOO_MUCH', message, 'rate', seconds);
}

type Kind = 'alertmanager' | 'bot';
type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

const sourceName = ({ params }: FastifyRequest): string => (params as { source?: string }).source ?? '';

/** Lets senders with bearer tokens in, and no faster than they may. One per gateway. */
export class Admission {
  private readonly perSource: Record<Kind, Limiter>;
  private readonly working = new Map<string, number>();

  constructor(
    app: FastifyInstance,
    private readonly deps: GatewayDeps,
    private readonly limits: GatewayLimits,
  ) {
    const { alertmanagerPer10s, botPerMinute } = limits;
    const limiter = (kind: Kind, max: number, timeWindow: number): Limiter =>
      app.createRateLimit({ max, timeWindow, keyGenerator: (request) => `${kind}/${sourceName(request)}` });
    this.perSource = {
      alertmanager: limiter('alertmanager', alertmanagerPer10s, 10_000),
      bot: limiter('bot', botPerMinute, 60_000),
    };
  }

  /**
   * An `onRequest` hook: before a byte of the body is read. Throws `GatewayError`: 404 for a wrong token as for a source that does not exist, 503 while no token
   * could be resolved, 429 or 503 beyond the source's limit.
   */
  hook<T extends Kind>(kind: T, maxBytes: (source: Source<T>) => number) {
    return async (request: FastifyRequest): Promise<void> => {
      const source = this.source(kind, request);
      const valid = source ? this.deps.secrets.values(secretsOf(source)) : [];
      const known = isToken(bearerToken(request.headers.authorization), valid);
      if (source && valid.length === 0) throw unavailable('The token of this source is not at hand; send it again.');
      if (!source || !known) throw notFound();
      request.sender = { kind, source: source.name };
      request.maxBodyBytes = maxBytes(source);
      const state = await this.perSource[kind](request);
      if (!state.isAllowed && state.isExceeded) throw tooMuch(kind, 'requests', Math.max(1, state.ttlInSeconds));
    };
  }

  /** The source that an admitted request came from. */
  source<T extends Kind>(kind: T, request: FastifyRequest): Source<T> | undefined {
    const byName: ReadonlyMap<string, Source<T>> = this.deps.sources[kind];
    return byName.get(sourceName(request));
  }

  /** Does `work` unless too much of this source is under way already. */
  async within<T>(kind: Kind, source: string, work: () => Promise<T>): Promise<T> {
    const busy = this.working.get(source) ?? 0;
    if (busy >= this.limits.atOnce) throw tooMuch(kind, 'requests under way', 1);
    this.working.set(source, busy + 1);
    try {
      return await work();
    } finally {
      const left = (this.working.get(source) ?? 1) - 1;
      if (left > 0) this.working.set(source, left);
      else this.working.delete(source);
    }
  }
}
