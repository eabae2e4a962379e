import { ApplicationFailure } from '@temporalio/common';
import type { SecretResolver } from '../secrets/resolver.js';
import { NoAnswer, request, type Fetch } from './request.js';

const TIMEOUT_MS = 4_000;

const refused = (reference: string, why: string) =>
  ApplicationFailure.nonRetryable(`The heartbeat of ${reference} ${why}`, 'HeartbeatRefused');

/** See `HttpActivities.beatOutside`. */
export async function beatOutside(fetch: Fetch, secrets: SecretResolver, reference: string): Promise<void> {
  const url = await secrets.resolve(reference);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw refused(reference, 'has no http(s) URL behind it; correct the secret');
  let status: number;
  try {
    const answer = await request(fetch, { url, method: 'GET', timeoutMs: TIMEOUT_MS, maxBytes: 1_024 });
    status = answer.status;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const message = `The heartbeat of ${reference} got no answer: ${error.message}; look at the outside monitor`;
    throw ApplicationFailure.retryable(message, 'HeartbeatUnanswered');
  }
  if (status >= 200 && status < 300) return;
  if (status >= 500 || status === 429 || status === 408)
    throw ApplicationFailure.retryable(`The heartbeat of ${reference} got status ${status}`, 'HeartbeatUnanswered');
  throw refused(reference, `was answered with status ${status}; 2xx is expected, redirects are not followed`);
}
