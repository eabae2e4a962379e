import { z } from 'zod';
import type { Rota } from '../../systems/peopleSchema.js';
import { type Fetch, NoAnswer, request } from '../http/request.js';
import { bounded } from '../secrets/redact.js';
import type { Outsider } from './sources.js';
import { SOURCE_MS } from './within.js';

const API = 'https://api.pagerduty.com';
const MAX_BYTES = 4 * 1_048_576;
/** The most entries that one answer holds, and how many answers are read: a schedule stands in it once for each escalation policy that uses it. */
const PAGE = 100;
const PAGES = 5;
/** How near to the present an instant is asked for as "now", which needs no clock in step with the vendor's. */
const NOW_MS = 60_000;

const answerSchema = z.object({
  oncalls: z.array(
    z.object({
      user: z.object({
        id: z.string(),
        summary: z.string().nullish(),
        name: z.string().nullish(),
        email: z.string().nullish(),
      }),
    }),
  ),
  more: z.boolean().nullish(),
});

const CURES: Record<number, string> = {
  401: 'the key is wrong or revoked; put a valid REST API key where `token` points',
  403: 'the key may not read on-calls',
  404: 'there is no such schedule or address; check `schedule` and `apiUrl`',
  429: 'it is asked too often',
};

/** The REST API's list of on-calls at an instant (https://developer.pagerduty.com/api-reference, GET /oncalls). */
function onCallsUrl(rota: PagerDutyRota, at: number, now: number, offset: number): string {
  const url = new URL('oncalls', `${(rota.apiUrl ?? API).replace(/\/+$/, '')}/`);
  url.searchParams.append('schedule_ids[]', rota.schedule);
  url.searchParams.append('include[]', 'users');
  url.searchParams.append('limit', String(PAGE));
  url.searchParams.append('offset', String(offset));
  if (Math.abs(at - now) > NOW_MS) {
    url.searchParams.append('since', new Date(at).toISOString());
    url.searchParams.append('until', new Date(at + 1_000).toISOString());
  }
  return url.toString();
}

type PagerDutyRota = Extract<Rota, { source: 'pagerduty' }>;

/**
 * Who PagerDuty says is on call at `at` (ms). Read-only, one attempt, 10 s per answer. Throws an Error whose message says what is wrong and holds no
 * secret.
 */
export async function askPagerDuty(fetch: Fetch, rota: PagerDutyRota, token: string, at: number): Promise<Outsider[]> {
  const found = new Map<string, Outsider>();
  for (let page = 0; page < PAGES; page++) {
    const { oncalls, more } = await ask(fetch, onCallsUrl(rota, at, Date.now(), page * PAGE), token);
    for (const { user } of oncalls) {
      const shown = user.name ?? user.summary ?? user.id;
      found.set(user.id, { id: user.id, shown, ...(user.email ? { email: user.email } : {}) });
    }
    if (!more) break;
  }
  return [...found.values()];
}

async function ask(fetch: Fetch, url: string, token: string): Promise<z.output<typeof answerSchema>> {
  const { status, body } = await request(fetch, {
    url,
    method: 'GET',
    headers: { accept: 'application/vnd.pagerduty+json;version=2', authorization: `Token token=${token}` },
    timeoutMs: SOURCE_MS,
    maxBytes: MAX_BYTES,
  }).catch((error: unknown) => {
    throw error instanceof NoAnswer ? error : new Error(bounded(String(error)), { cause: error });
  });
  if (status !== 200) throw new Error(`it answered HTTP ${status}: ${CURES[status] ?? 'it does not work at present'}`);
  const parsed = answerSchema.safeParse(jsonOf(body.toString('utf8')));
  if (!parsed.success) throw new Error('its answer is not one of PagerDuty; check `apiUrl` and proxies on the way');
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
