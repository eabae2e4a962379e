import { setTimeout as sleep } from 'node:timers/promises';
import { signedHeaders } from './signature.js';

/** What a request of Slack's met at the app. */
export interface Delivered {
  /** Of the last try; `undefined` when there was no answer in time. */
  status?: number;
  body: string;
  /** Until the answer to the last try. */
  ms: number;
  tries: number;
  /** What Slack would not have taken; empty when all was well. */
  violations: string[];
}

export interface DeliveryOptions {
  url: string;
  secret: string;
  body: string;
  /** How often it is sent again when it is not answered as it should be, as Slack does with events; 0 by default. */
  retries?: number;
  /** Before a retry. */
  pauseMs?: number;
  /** For tests: signs as if at this time (ms). */
  signedAt?: number;
  /** For tests: changes or adds headers. */
  headers?: Record<string, string>;
}

/** Slack's patience: https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response */
export const ANSWER_WITHIN_MS = 3_000;
/** How much longer the double waits, to be able to tell how late an answer was. */
const GRACE_MS = 5_000;
const MAX_BODY = 64 * 1024;

async function once(options: DeliveryOptions, retry: number, reason: string): Promise<Omit<Delivered, 'tries'>> {
  const { url, secret, body, signedAt = Date.now(), headers = {} } = options;
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        ...signedHeaders(secret, body, signedAt),
        ...(retry === 0 ? {} : { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': reason }),
        ...headers,
      },
      body,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS + GRACE_MS),
    });
    const ms = elapsed();
    const text = (await answer.text()).slice(0, MAX_BODY);
    const violations = [
      ...(answer.status >= 200 && answer.status < 300 ? [] : [`answered HTTP ${answer.status} instead of 2xx`]),
      ...(ms <= ANSWER_WITHIN_MS ? [] : [`answered after ${ms} ms instead of ${ANSWER_WITHIN_MS}`]),
    ];
    return { status: answer.status, body: text, ms, violations };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { body: '', ms: elapsed(), violations: [`no answer: ${why}`] };
  }
}

/** Sends a form to the app, signed as Slack signs it, and watches whether the answer is 2xx within three seconds. Never throws for the app's faults. */
export async function deliver(options: DeliveryOptions): Promise<Delivered> {
  const { retries = 0, pauseMs = 0 } = options;
  const violations: string[] = [];
  for (let tries = 1; ; tries++) {
    const reason = violations.some((one) => one.includes('HTTP')) ? 'http_error' : 'http_timeout';
    const result = await once(options, tries - 1, reason);
    violations.push(...result.violations);
    if (result.violations.length === 0 || tries > retries) return { ...result, tries, violations };
    await sleep(pauseMs);
  }
}
