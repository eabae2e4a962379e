import type { FastifyRequest } from 'fastify';
import { GatewayError, unavailable } from '../errors.js';
import { rawBody } from '../rawBody.js';
import { verifySlack } from '../security/slackSignature.js';
import type { GatewayDeps, Source } from '../types.js';

/** A request whose signature one of the Slack apps has made. */
export interface Admitted {
  /** The sources whose app that is: more than one when systems share an app. */
  sources: Source<'slack'>[];
  /** Of this very request; the same for a retry of it. */
  signature: string;
  /** Slack says that it sends this again. Not signed: it may only make a repeat harmless. */
  isRetry: boolean;
  form: URLSearchParams;
}

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};

/** The form that Slack sends; both of its kinds of request have one. */
export const formOf = (request: FastifyRequest): URLSearchParams =>
  new URLSearchParams(rawBody(request).toString('utf8'));

/**
 * Lets a request in if one of the configured Slack apps signed it. Throws `GatewayError`: 403 with one and the same answer whatever was wrong,
 * 503 while no signing secret could be resolved.
 */
export function admit(request: FastifyRequest, deps: GatewayDeps): Admitted {
  const signed = {
    rawBody: rawBody(request),
    signature: header(request, 'x-slack-signature'),
    timestamp: header(request, 'x-slack-request-timestamp'),
  };
  const known = [...deps.sources.slack.values()].map((source) => ({
    source,
    secrets: deps.secrets.values(source.config.secrets),
  }));
  let reason = 'wrong';
  const sources: Source<'slack'>[] = [];
  for (const { source, secrets } of known) {
    const verdict = verifySlack(signed, secrets, deps.clock());
    if (verdict.genuine) sources.push(source);
    else reason = verdict.reason;
  }
  const [first] = sources;
  if (first) {
    request.sender = { kind: 'slack', source: first.name };
    const isRetry = header(request, 'x-slack-retry-num') !== undefined;
    return { sources, signature: signed.signature ?? '', isRetry, form: formOf(request) };
  }
  if (known.length > 0 && known.every(({ secrets }) => secrets.length === 0))
    throw unavailable('The signing secret of Slack could not be resolved yet; try again.');
  const why = reason === 'stale' ? 'stale' : 'signature';
  throw new GatewayError(403, 'FORBIDDEN', 'The request is not signed as Slack signs it.', why);
}
