import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import type { Channel } from '../../systems/schema.js';
import { NoAnswer, request, type Fetch } from '../http/request.js';
import { bounded } from '../secrets/redact.js';
import type { SecretResolver } from '../secrets/resolver.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import type { NotificationBody, PageBody } from './body.js';
import { statusFailure, unavailable } from './errors.js';
import { webhookSignature } from './signature.js';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export type WebhookChannel = Extract<Channel, { type: 'webhook' }>;

export interface WebhookDeps {
  secrets: SecretResolver;
  fetch?: Fetch;
}

/** The bundle's key where a header can hold it, else its sha256. */
export const idempotencyKey = (key: string): string =>
  /^[\x21-\x7e]{1,255}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');

/** A receiver may say under which name it keeps the message: `{"reference": "…"}`. */
const answerSchema = z.object({ reference: z.string().min(1) });

/**
 * Posts JSON, signed, once, within 10 s; redirects are not followed. Throws `WebhookRefused` (final), `WebhookRateLimited` (429, or 503
 * with Retry-After: retried when the receiver says), `WebhookUnavailable` (retried) and `SecretUnresolved`. Returns the receiver's
 * reference, if it gives one. Safe to repeat for receivers that heed `Idempotency-Key`: body and key are the same each time.
 */
export async function postWebhook(
  deps: WebhookDeps,
  channelName: string,
  channel: WebhookChannel,
  content: PageBody | NotificationBody,
): Promise<string | undefined> {
  const fetch: Fetch = deps.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const secret = await deps.secrets.resolve(channel.secret);
  const body = JSON.stringify(content);
  const { host } = new URL(channel.url);
  const answer = await request(fetch, {
    url: channel.url,
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'belay-signature': webhookSignature(secret, body, Date.now()),
      'idempotency-key': idempotencyKey(content.id),
    },
    body,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_ANSWER_BYTES,
    signal: Context.current().cancellationSignal,
  }).catch(async (error: unknown) => {
    await throwIfCancelled();
    if (!(error instanceof NoAnswer)) throw error;
    throw unavailable(channelName, `the receiver could not be reached: ${error.message}`);
  });
  const text = answer.body.toString('utf8');
  if (answer.status < 200 || answer.status > 299)
    throw statusFailure(channelName, host, answer.status, answer.headers.get('retry-after'), text);
  return referenceIn(text);
}

function referenceIn(text: string): string | undefined {
  try {
    const { data } = answerSchema.safeParse(JSON.parse(text));
    return data && bounded(data.reference, 200);
  } catch {
    return undefined;
  }
}
