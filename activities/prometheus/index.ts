import { Context } from '@temporalio/activity';
import { NoAnswer, request, type Fetch } from '../http/request.js';
import { bounded } from '../secrets/redact.js';
import { heartbeating, throwIfCancelled } from '../temporal/heartbeat.js';
import type { Measurement, PrometheusActivities } from '../types.js';
import { parseAnswer } from './answer.js';
import { prometheusClient } from './client.js';
import { readFirings } from './firings.js';
import { readLevels } from './levels.js';
import { readAlertRules } from './rules.js';
import type { AlertReviewActivities } from './types.js';

export type * from './types.js';

/** An instant query that selects more than this is no measurement but a mistake. */
const MAX_BYTES = 1024 * 1024;

async function query(
  fetch: Fetch,
  input: { url: string; query: string; timeoutSeconds: number },
): Promise<Measurement> {
  const seconds = input.timeoutSeconds;
  const answer = await request(fetch, {
    url: `${input.url.replace(/\/+$/, '')}/api/v1/query`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    // Prometheus gives up at its own timeout too, so that an abandoned query does not go on loading the server.
    body: new URLSearchParams({ query: input.query, timeout: `${seconds}s` }).toString(),
    timeoutMs: seconds * 1000,
    maxBytes: MAX_BYTES,
    signal: Context.current().cancellationSignal,
  });
  if (answer.cut) return { kind: 'error', detail: 'The answer is larger than 1 MB; narrow the query to one series.' };
  return parseAnswer(answer.status, answer.body.toString('utf8'));
}

/**
 * Instant PromQL measurements. Touches only `POST <url>/api/v1/query`; reads at most 1 MB; follows no redirect.
 *
 * Never throws for Prometheus: unreachable, refusing and failing are `error` with a sentence that says why; an answer that is not one
 * finite number is `noVerdict`. Only the activity's cancellation is thrown. Safe to repeat: it only reads.
 */
export function createPrometheusActivities(options: { fetch?: Fetch } = {}): PrometheusActivities {
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    async measure(input) {
      try {
        return await heartbeating(() => query(fetch, input));
      } catch (error) {
        await throwIfCancelled();
        if (error instanceof NoAnswer) return { kind: 'error', detail: bounded(`Prometheus: ${error.message}.`) };
        throw error;
      }
    },
  };
}

/**
 * What a review of alerts reads: rules, firings, levels. Touches only `GET <url>/api/v1/rules` and `POST <url>/api/v1/query_range`.
 * Failures: `PrometheusRefused` final, `PrometheusUnavailable` retried. Safe to repeat: they only read.
 */
export function createAlertReviewActivities(options: { fetch?: Fetch } = {}): AlertReviewActivities {
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    readAlertRules: (place) => heartbeating(() => readAlertRules(prometheusClient(fetch, place))),
    readFirings: (input) => heartbeating(() => readFirings(prometheusClient(fetch, input), input)),
    readLevels: (input) => heartbeating(() => readLevels(prometheusClient(fetch, input), input)),
  };
}
