import { ApplicationFailure } from '@temporalio/common';
import { bounded } from '../secrets/redact.js';

/** What a person does about the refusals that no retry can cure. */
const CURES: Record<number, string> = {
  400: 'it does not accept what was sent',
  401: 'it asks for a login; let the worker reach it without one, or through a proxy that adds it',
  403: 'the way to it is closed to this worker; see the proxy before it',
  404: 'there is no such thing, or this is no Alertmanager 0.16 or newer; check `alertmanager.url`, with its path prefix',
};

/** Client errors that pass by themselves. */
const TRANSIENT = new Set([408, 425, 429]);

/** Final: a person must change something first. */
export const refused = (why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`Alertmanager: ${bounded(why)}.`, 'AlertmanagerRefused');

/** The retry policy decides. */
export const unavailable = (why: string): ApplicationFailure =>
  ApplicationFailure.retryable(`Alertmanager: ${bounded(why)}.`, 'AlertmanagerUnavailable');

/** The failure for an answer that is no success: a sentence of our own with what Alertmanager said. */
export function statusFailure(status: number, body: string): ApplicationFailure {
  if (status >= 500 || TRANSIENT.has(status)) return unavailable(`it answered HTTP ${status}`);
  const said = bounded(body, 200);
  const cure = CURES[status] ?? 'this is no answer of Alertmanager; check `alertmanager.url`';
  return refused(`HTTP ${status}${said === '' ? '' : ` (${said})`}: ${cure}`);
}
