import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { NoAnswer, request, type Fetch } from '../http/request.js';
import { bounded } from '../secrets/redact.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import type { PrometheusPlace } from './types.js';

const MAX_BYTES = 32 * 1_048_576;

/** Final: a person must change something first. */
export const refused = (why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`Prometheus: ${bounded(why)}.`, 'PrometheusRefused');

/** The retry policy decides. */
export const unavailable = (why: string): ApplicationFailure =>
  ApplicationFailure.retryable(`Prometheus: ${bounded(why)}.`, 'PrometheusUnavailable');

/** More data than one query may give: a smaller piece may work. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch';
}

const errorSchema = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

export interface PrometheusClient {
  get<T>(schema: z.ZodType<T>, path: string): Promise<T>;
  /** A query as a form, so that long ones pass. Throws `TooMuch` where a shorter span may help. */
  form<T>(schema: z.ZodType<T>, path: string, fields: Record<string, string>): Promise<T>;
}

/**
 * Calls of Prometheus' API v1, one attempt each; gives the `data` of the answer. Throws `PrometheusRefused` (final),
 * `PrometheusUnavailable` (retried), and {@link TooMuch}.
 */
export function prometheusClient(fetch: Fetch, place: PrometheusPlace): PrometheusClient {
  const base = `${place.url.replace(/\/+$/, '')}/api/v1`;

  async function call<T>(schema: z.ZodType<T>, path: string, fields?: Record<string, string>): Promise<T> {
    const { status, text } = await send(path, fields);
    const json = jsonOf(text);
    const error = errorSchema.safeParse(json);
    if (error.success) throw failureOf(error.data, status);
    if (status !== 200) throw status >= 500 || status === 429 ? unavailable(`HTTP ${status}`) : notPrometheus(status);
    const parsed = z.object({ status: z.literal('success'), data: schema }).safeParse(json);
    if (!parsed.success) throw notPrometheus(status);
    return parsed.data.data;
  }

  async function send(path: string, fields?: Record<string, string>): Promise<{ status: number; text: string }> {
    try {
      const answer = await request(fetch, {
        url: `${base}${path}`,
        method: fields ? 'POST' : 'GET',
        headers: {
          accept: 'application/json',
          ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(fields && { body: new URLSearchParams({ timeout: `${place.timeoutSeconds}s`, ...fields }).toString() }),
        timeoutMs: place.timeoutSeconds * 1_000,
        maxBytes: MAX_BYTES,
        signal: Context.current().cancellationSignal,
      });
      if (answer.cut) throw new TooMuch('the answer is larger than 32 MB');
      return { status: answer.status, text: answer.body.toString('utf8') };
    } catch (error) {
      await throwIfCancelled();
      if (error instanceof NoAnswer) throw unavailable(error.message);
      throw error;
    }
  }

  return { get: (schema, path) => call(schema, path), form: call };
}

const notPrometheus = (status: number) =>
  refused(`HTTP ${status} is no answer of its API; check \`prometheus.url\`, with its path prefix`);

/** https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
function failureOf({ errorType, error }: z.output<typeof errorSchema>, status: number): Error {
  // 422 execution, 503 timeout: both may come of a query that asks for too much at once.
  if (errorType === 'execution' && /too many samples|exceeded maximum/i.test(error)) return new TooMuch(error);
  if (errorType === 'timeout' || errorType === 'canceled') return new TooMuch(error);
  return status >= 500 ? unavailable(`${errorType}: ${error}`) : refused(`it refused a query (${errorType}): ${error}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
