import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourceOf, type Team } from './system.js';

/** One alert that fires: `group` is what its incident is made of, `name` what tells it from others of the group. */
export interface Alert extends Team {
  group: string;
  name: string;
}

/** What became of one request. */
export interface Sent extends Alert {
  /** When it was due to be sent, ms since the epoch: what waits in the sender counts as time of the answer. */
  dueAt: number;
  answeredAt: number;
  /** HTTP status of the last try; 0 without an answer. */
  status: number;
  tries: number;
  /** Workflow id, once it was taken. */
  incident?: string;
}

/** Body of Alertmanager's webhook, version 4, with one alert. */
export function bodyOf({ team, group, name }: Alert, startsAt: Date): Record<string, unknown> {
  const labels = { alertname: name, team, group, severity: 'critical', job: 'bench', instance: `${name}.bench:9100` };
  return {
    version: '4',
    groupKey: `{}/{team="${team}"}:{group="${group}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'belay',
    groupLabels: { team, group },
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://alertmanager.bench:9093',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: {
          summary: `${name}: error rate above 5 % for ten minutes`,
          runbook_url: 'https://example.org/runbook',
        },
        startsAt: startsAt.toISOString(),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.bench:9090/graph?g0.expr=up',
        fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
      },
    ],
  };
}

const TIMEOUT_MS = 30_000;
/** As Alertmanager waits between two tries, and how long it tries: its default group interval. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const GROWTH = 1.5;
const INTERVAL_MS = 300_000;

async function post(url: string, token: string, body: string): Promise<{ status: number; incident?: string }> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (answer.status !== 202) return { status: answer.status };
    const [first] = (JSON.parse(text) as { incidents: { incident: string }[] }).incidents;
    return { status: 202, ...(first && { incident: first.incident }) };
  } catch {
    return { status: 0 };
  }
}

/** Sends one alert; with `insist`, after 5xx or no answer again and again, as Alertmanager does. */
async function deliver(gateway: string, token: string, alert: Alert, dueAt: number, insist: boolean): Promise<Sent> {
  const url = `${gateway}/alertmanager/${sourceOf(alert.system)}`;
  const body = JSON.stringify(bodyOf(alert, new Date(dueAt)));
  for (let n = 1; ; n++) {
    const answer = await post(url, token, body);
    const final = answer.status !== 0 && answer.status < 500;
    if (final || !insist || Date.now() > dueAt + INTERVAL_MS)
      return { ...alert, ...answer, dueAt, answeredAt: Date.now(), tries: n };
    // Spread by half in both directions, so that those who were refused together do not come back together.
    await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * GROWTH ** (n - 1)) * (0.5 + Math.random()));
  }
}

export interface Pace {
  perSecond: number;
  /** Whether what was refused is sent again; else a refusal stands. */
  insist: boolean;
  signal: AbortSignal;
}

/**
 * Sends alerts at an even pace, without waiting for answers (an open loop: a slow gateway does not slow its senders down), and returns
 * when all are answered.
 */
export async function sendAll(
  gateway: string,
  token: string,
  alerts: readonly Alert[],
  { perSecond, insist, signal }: Pace,
): Promise<Sent[]> {
  const from = Date.now();
  const under: Promise<Sent>[] = [];
  for (const [index, alert] of alerts.entries()) {
    const dueAt = from + (index * 1_000) / perSecond;
    const wait = dueAt - Date.now();
    if (wait > 1) await sleep(wait, undefined, { signal });
    under.push(deliver(gateway, token, alert, dueAt, insist));
  }
  return Promise.all(under);
}
