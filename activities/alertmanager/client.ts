import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { NoAnswer, request, type Fetch } from '../http/request.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import { refused, statusFailure, unavailable } from './errors.js';
import type { AlertmanagerPlace } from './types.js';

const MAX_BYTES = 16 * 1_048_576;

/** https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, what Belay reads of it. */
const matcherSchema = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  // Older than 0.22: every matcher asks for equality.
  isEqual: z.boolean().default(true),
});

export const alertsSchema = z.array(
  z.object({
    fingerprint: z.string(),
    labels: z.record(z.string(), z.string()),
    startsAt: z.string(),
    endsAt: z.string(),
    receivers: z.array(z.object({ name: z.string() })),
    status: z.object({
      state: z.enum(['active', 'suppressed', 'unprocessed']),
      silencedBy: z.array(z.string()),
      inhibitedBy: z.array(z.string()),
    }),
  }),
);

export const silencesSchema = z.array(
  z.object({
    id: z.string(),
    status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
    matchers: z.array(matcherSchema),
    startsAt: z.string(),
    endsAt: z.string(),
    createdBy: z.string(),
    comment: z.string(),
  }),
);

export const createdSchema = z.object({ silenceID: z.string().min(1) });

export const statusSchema = z.object({
  versionInfo: z.object({ version: z.string() }),
  config: z.object({ original: z.string() }),
});

export interface AlertmanagerClient {
  get<T>(schema: z.ZodType<T>, path: string): Promise<T>;
  post<T>(schema: z.ZodType<T>, path: string, body: object): Promise<T>;
  /** False when there is nothing of that name. */
  remove(path: string): Promise<boolean>;
}

/**
 * Calls of Alertmanager's API v2, one attempt each; no redirect is followed. Throws `AlertmanagerRefused` (final) and
 * `AlertmanagerUnavailable` (retried).
 */
export function alertmanagerClient(fetch: Fetch, place: AlertmanagerPlace): AlertmanagerClient {
  const base = `${place.url.replace(/\/+$/, '')}/api/v2`;

  async function send(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    try {
      const answer = await request(fetch, {
        url: `${base}${path}`,
        method,
        headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        timeoutMs: place.timeoutSeconds * 1_000,
        maxBytes: MAX_BYTES,
        signal: Context.current().cancellationSignal,
      });
      if (answer.cut) throw refused(`its answer to ${path} is larger than 16 MB`);
      return { status: answer.status, text: answer.body.toString('utf8') };
    } catch (error) {
      await throwIfCancelled();
      if (error instanceof NoAnswer) throw unavailable(error.message);
      throw error;
    }
  }

  async function call<T>(schema: z.ZodType<T>, method: string, path: string, body?: object): Promise<T> {
    const { status, text } = await send(method, path, body);
    if (status < 200 || status > 299) throw statusFailure(status, text);
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw unavailable('the answer is not one of its API v2; check `alertmanager.url` and proxies on the way');
  }

  return {
    get: (schema, path) => call(schema, 'GET', path),
    post: (schema, path, body) => call(schema, 'POST', path, body),
    async remove(path) {
      const { status, text } = await send('DELETE', path);
      if (status === 404) return false;
      if (status < 200 || status > 299) throw statusFailure(status, text);
      return true;
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
