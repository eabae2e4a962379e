import { ApplicationFailure } from '@temporalio/common';
import { retryAfterSeconds } from '../http/retryAfter.js';
import { bounded } from '../secrets/redact.js';

/** What a person does about the refusals that no retry can cure. */
const CURES: Record<number, string> = {
  400: 'check that `routingKey` leads to the 32 characters of an Events API v2 integration key',
  401: 'check that `routingKey` leads to an Events API v2 integration key',
  403: 'check that `routingKey` leads to the key of an integration that still exists',
  404: 'check `apiUrl`',
  413: 'the event is too large for PagerDuty; this is a defect of Belay',
};

/** Client errors that pass by themselves. */
const TRANSIENT = new Set([408, 425]);
/** What PagerDuty advises where it names no time. */
const RATE_LIMIT_S = 30;

const toChannel = (channelName: string): string => `PagerDuty channel "${channelName}"`;

/** Final: a person must change something first. */
export function refused(channelName: string, why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${toChannel(channelName)}: ${why}.`, 'PagerdutyRefused');
}

/** Nobody's fault, or not known whose: the retry policy decides. */
export function unavailable(channelName: string, why: string): ApplicationFailure {
  const message = `${toChannel(channelName)}: ${why}.`;
  return ApplicationFailure.create({ type: 'PagerdutyUnavailable', message, nonRetryable: false });
}

/** What PagerDuty says of a refusal: `{"status", "message", "errors": […]}`. */
function said(body: string): string {
  try {
    const { message, errors } = JSON.parse(body) as { message?: unknown; errors?: unknown };
    const words = [message, errors].flat().filter((one) => typeof one === 'string');
    return bounded(words.join('; '), 200);
  } catch {
    return '';
  }
}

/** The failure for an answer that is no success: a message of our own, so that no request, header or key travels with it. */
export function statusFailure(
  channelName: string,
  status: number,
  retryAfter: string | null,
  body: string,
): ApplicationFailure {
  if (status === 429) {
    const seconds = retryAfterSeconds(retryAfter, Date.now(), RATE_LIMIT_S);
    const message = `${toChannel(channelName)}: PagerDuty asks to wait ${seconds} s (HTTP 429).`;
    const nextRetryDelay = seconds * 1000;
    return ApplicationFailure.create({ type: 'PagerdutyRateLimited', message, nonRetryable: false, nextRetryDelay });
  }
  if (status >= 500 || TRANSIENT.has(status)) return unavailable(channelName, `PagerDuty answered HTTP ${status}`);
  const words = said(body);
  const cure = CURES[status] ?? 'this is no answer of PagerDuty; check `apiUrl` and proxies on the way';
  return refused(channelName, `refused with HTTP ${status}${words === '' ? '' : ` ("${words}")`}: ${cure}`);
}
