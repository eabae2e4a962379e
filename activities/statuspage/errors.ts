import { ApplicationFailure } from '@temporalio/common';
import { retryAfterSeconds } from '../http/retryAfter.js';
import { bounded } from '../secrets/redact.js';

/** What a person does about the refusals that no retry can cure. */
const CURES: Record<number, string> = {
  400: 'Statuspage does not understand the call; check `apiUrl`',
  401: 'the API key is wrong or revoked; put a valid one where `token` points',
  403: 'the key may not manage incidents of this page; give its owner the role Incident Manager there',
  404: 'there is no such page or incident; check `pageId` and `apiUrl`',
  422: 'Statuspage does not accept the incident; check that `components` are ids of components of this page',
};

/** Client errors that pass by themselves. */
const TRANSIENT = new Set([408, 425]);
const RATE_LIMITED = new Set([420, 429]);
/** The rate limit is counted over a minute. */
const RATE_WINDOW_S = 60;

const toPage = (channelName: string): string => `Status page channel "${channelName}"`;

/** Final: a person must change something first. */
export function refused(channelName: string, why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${toPage(channelName)}: ${why}.`, 'StatuspageRefused');
}

/** Nobody's fault, or not known whose: the retry policy decides. */
export function unavailable(channelName: string, why: string): ApplicationFailure {
  const message = `${toPage(channelName)}: ${why}.`;
  return ApplicationFailure.create({ type: 'StatuspageUnavailable', message, nonRetryable: false });
}

/** What the vendor says of a refusal: `{"error": text or list}`, or `{"message": text}`. */
function said(body: string): string {
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown };
    const what = [error ?? message].flat().filter((one) => typeof one === 'string');
    return bounded(what.join('; '), 200);
  } catch {
    return '';
  }
}

/** The failure for an answer that is no success: a message of our own, so that no request, header or token travels with it. */
export function statusFailure(
  channelName: string,
  status: number,
  retryAfter: string | null,
  body: string,
): ApplicationFailure {
  if (RATE_LIMITED.has(status)) {
    const seconds = retryAfterSeconds(retryAfter, Date.now(), RATE_WINDOW_S);
    const message = `${toPage(channelName)}: Statuspage asks to wait ${seconds} s (HTTP ${status}).`;
    const nextRetryDelay = seconds * 1000;
    return ApplicationFailure.create({ type: 'StatuspageRateLimited', message, nonRetryable: false, nextRetryDelay });
  }
  if (status >= 500 || TRANSIENT.has(status)) return unavailable(channelName, `Statuspage answered HTTP ${status}`);
  const words = said(body);
  const cure = CURES[status] ?? 'this is no answer of Statuspage; check `apiUrl` and proxies on the way';
  return refused(channelName, `refused with HTTP ${status}${words === '' ? '' : ` ("${words}")`}: ${cure}`);
}
