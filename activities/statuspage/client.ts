import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { NoAnswer, request, type Answer, type Fetch } from '../http/request.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import { refused, statusFailure, unavailable } from './errors.js';

const API = 'https://api.statuspage.io/v1/';
/** A message needs three calls at most, which together stay below the 20 s that one attempt at a message has. */
const CALL_MS = 6_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** The most that the vendor puts on one page of a list. */
const LIST = 100;

const incidentSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  created_at: z.string().nullish(),
  resolved_at: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  components: z.array(z.object({ id: z.string() })).nullish(),
  incident_updates: z
    .array(z.object({ status: z.string().nullish(), body: z.string().nullish(), created_at: z.string().nullish() }))
    .nullish(),
});

/** What Belay reads of an incident; times are ISO 8601. */
export type Incident = z.output<typeof incidentSchema>;

/** What Belay writes of an incident, in the vendor's words. Without `name` only where it exists already. */
export interface IncidentFields {
  name?: string;
  status: string;
  body: string;
  deliver_notifications: boolean;
  metadata: Record<string, unknown>;
  impact_override?: string;
  /** Component id → its new status. */
  components?: Record<string, string>;
  component_ids?: string[];
}

export interface StatuspageAccess {
  /** Names the channel in failures. */
  channelName: string;
  pageId: string;
  token: string;
  /** Base URL with the version, e.g. `https://api.statuspage.io/v1`, which is the default. */
  apiUrl: string | undefined;
}

export interface StatuspageClient {
  /** The 100 newest incidents that are not resolved. */
  unresolved(): Promise<Incident[]>;
  /** The 100 newest incidents, resolved ones included. */
  recent(): Promise<Incident[]>;
  open(incident: IncidentFields & { name: string }): Promise<Incident>;
  change(id: string, incident: IncidentFields): Promise<Incident>;
}

/**
 * The calls of Statuspage's REST API v1 (https://developer.statuspage.io) that Belay needs, one attempt each. Throws
 * `StatuspageRefused` (final), `StatuspageRateLimited` (retried when Statuspage says) and `StatuspageUnavailable` (retried).
 */
export function statuspageClient(fetch: Fetch, access: StatuspageAccess): StatuspageClient {
  const { channelName, pageId, token, apiUrl = API } = access;
  const base = new URL(
    `pages/${encodeURIComponent(pageId)}/incidents`,
    apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`,
  ).toString();

  async function answer(method: string, path: string, incident?: IncidentFields): Promise<Answer> {
    if (!/^[\x21-\x7e]+$/.test(token))
      throw refused(channelName, 'the API key holds characters that no key has; put the bare key where `token` points');
    try {
      return await request(fetch, {
        url: `${base}${path}`,
        method,
        headers: {
          accept: 'application/json',
          authorization: `OAuth ${token}`,
          ...(incident && { 'content-type': 'application/json' }),
        },
        ...(incident && { body: JSON.stringify({ incident }) }),
        timeoutMs: CALL_MS,
        maxBytes: MAX_BYTES,
        signal: Context.current().cancellationSignal,
      });
    } catch (error) {
      await throwIfCancelled();
      if (error instanceof NoAnswer)
        throw unavailable(channelName, `Statuspage could not be reached: ${error.message}`);
      throw error;
    }
  }

  async function call<T>(schema: z.ZodType<T>, method: string, path: string, incident?: IncidentFields): Promise<T> {
    const { status, headers, body } = await answer(method, path, incident);
    const text = body.toString('utf8');
    if (status < 200 || status > 299) throw statusFailure(channelName, status, headers.get('retry-after'), text);
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw unavailable(channelName, 'the answer is not one of Statuspage; check `apiUrl` and proxies on the way');
  }

  const list = z.array(incidentSchema);
  return {
    unresolved: () => call(list, 'GET', `/unresolved?per_page=${LIST}`),
    recent: () => call(list, 'GET', `?limit=${LIST}`),
    open: (incident) => call(incidentSchema, 'POST', '', incident),
    change: (id, incident) => call(incidentSchema, 'PATCH', `/${encodeURIComponent(id)}`, incident),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
