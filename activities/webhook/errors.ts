import { ApplicationFailure } from '@temporalio/common';
import { retryAfterSeconds } from '../http/retryAfter.js';
import { bounded } from '../secrets/redact.js';

/** What a person does about the refusals that no retry can cure. */
const CURES: Record<number, string> = {
  401: 'the receiver does not accept the signature; give both sides the same secret, and check the clocks',
  403: 'the receiver does not accept the signature; give both sides the same secret, and check the clocks',
  404: 'check `url`',
  405: 'the receiver must take POST; check `url`',
  410: 'the receiver is gone; check `url`',
  413: 'the receiver must take bodies of 64 KB',
  415: 'the receiver must take application/json',
};

const TRANSIENT = new Set([408, 425]);
const RATE_LIMIT_S = 30;

const toChannel = (channelName: string): string => `Webhook channel "${channelName}"`;

/** Final: a person must change something first. */
export function refused(channelName: string, why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${toChannel(channelName)}: ${why}.`, 'WebhookRefused');
}

/** Nobody's fault, or not known whose: the retry policy decides. */
export function unavailable(channelName: string, why: string): ApplicationFailure {
  const message = `${toChannel(channelName)}: ${why}.`;
  return ApplicationFailure.create({ type: 'WebhookUnavailable', message, nonRetryable: false });
}

/**
 * The failure for an answer that is no success. `url`, the headers and the signature are not part of it; of the answer's body only the
 * beginning, on one line.
 */
export function statusFailure(
  channelName: string,
  host: string,
  status: number,
  retryAfter: string | null,
  body: string,
): ApplicationFailure {
  if (status === 429 || (status === 503 && retryAfter !== null)) {
    const seconds = retryAfterSeconds(retryAfter, Date.now(), RATE_LIMIT_S);
    const message = `${toChannel(channelName)}: ${host} asks to wait ${seconds} s (HTTP ${status}).`;
    const nextRetryDelay = seconds * 1000;
    return ApplicationFailure.create({ type: 'WebhookRateLimited', message, nonRetryable: false, nextRetryDelay });
  }
  if (status >= 500 || TRANSIENT.has(status)) return unavailable(channelName, `${host} answered HTTP ${status}`);
  if (status >= 300 && status < 400)
    return refused(
      channelName,
      `${host} redirects (HTTP ${status}), which is never followed; put the final address into \`url\``,
    );
  // A receiver may well repeat the header that it refuses.
  const words = bounded(body.replace(/\bv1=[0-9a-f]+/gi, 'v1=[redacted]'), 200);
  const cure = CURES[status] ?? 'see what the receiver says, and check `url`';
  return refused(channelName, `${host} refuses with HTTP ${status}${words === '' ? '' : ` ("${words}")`}: ${cure}`);
}
