import { Context } from '@temporalio/activity';
import { z } from 'zod';
import type { Channel } from '../../systems/schema.js';
import { NoAnswer, request, type Fetch } from '../http/request.js';
import type { SecretResolver } from '../secrets/resolver.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import { refused, statusFailure, unavailable } from './errors.js';
import type { PagerdutyEvent } from './event.js';

const API = 'https://events.pagerduty.com';
/** For all that one attempt sends. */
const ATTEMPT_MS = 10_000;
const MAX_BYTES = 64 * 1024;

export type PagerdutyChannel = Extract<Channel, { type: 'pagerduty' }>;

export interface PagerdutyDeps {
  secrets: SecretResolver;
  fetch?: Fetch;
  /** `BELAY_PAGERDUTY_API_URL` is used where a channel names no `apiUrl`. The process's environment by default. */
  env?: Record<string, string | undefined>;
}

const acceptedSchema = z.object({ status: z.literal('success'), dedup_key: z.string().min(1) });

/**
 * Sends events through one channel, one try each, 10 s for all of them together. Throws `PagerdutyRefused` (final),
 * `PagerdutyRateLimited` (retried when PagerDuty says), `PagerdutyUnavailable` (retried) and `SecretUnresolved`.
 */
export async function pagerdutySender(
  deps: PagerdutyDeps,
  channelName: string,
  channel: PagerdutyChannel,
): Promise<(event: PagerdutyEvent) => Promise<void>> {
  const until = performance.now() + ATTEMPT_MS;
  const fetch: Fetch = deps.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const base = channel.apiUrl ?? (deps.env ?? process.env)['BELAY_PAGERDUTY_API_URL'] ?? API;
  const url = `${base.replace(/\/+$/, '')}/v2/enqueue`;
  const routingKey = await deps.secrets.resolve(channel.routingKey);
  if (!/^[\x21-\x7e]+$/.test(routingKey))
    throw refused(
      channelName,
      'the integration key holds characters that no key has; put the bare key where it belongs',
    );

  return async (event) => {
    const answer = await request(fetch, {
      url,
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ routing_key: routingKey, ...event }),
      // In tenths of a second, so that a failure reads well.
      timeoutMs: Math.max(100, Math.ceil((until - performance.now()) / 100) * 100),
      maxBytes: MAX_BYTES,
      signal: Context.current().cancellationSignal,
    }).catch(async (error: unknown) => {
      await throwIfCancelled();
      if (!(error instanceof NoAnswer)) throw error;
      throw unavailable(channelName, `PagerDuty could not be reached: ${error.message}`);
    });
    const text = answer.body.toString('utf8');
    if (answer.status < 200 || answer.status > 299)
      throw statusFailure(channelName, answer.status, answer.headers.get('retry-after'), text);
    if (!acceptedSchema.safeParse(jsonOf(text)).success)
      throw unavailable(channelName, 'the answer is not one of PagerDuty; check `apiUrl` and proxies on the way');
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
