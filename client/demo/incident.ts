import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { configureAlertmanager, defaultConfiguration } from '../../sandbox/alertmanager/index.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { IncidentReport } from '../../workflows/incident/report.js';
import type { TimelineEntry } from '../../workflows/incident/types.js';
import { openIncidents } from '../incidents/query.js';
import { startGateway } from './gatewayProcess.js';

const LOOK_MS = 300;
/** The ladder lasts half a minute; the rest is for a slow machine. */
const LONGEST_MS = 240_000;
const SOURCE = 'intendly-alertmanager';

const people = { oncall: 'U0DEMOADA', 'oncall-secondary': 'U0DEMOBOB', 'devops-lead': 'U0DEMOCYD' };

/** The system's own ladder in fast-forward: a second for a minute and a half. Everybody is reached through the sandbox's Slack. */
export function incidentOverlay(): { people: object; incidents: object } {
  const level = (name: string, afterSeconds: number, target: object) => ({ name, afterSeconds, notify: [target] });
  return {
    people: Object.fromEntries(
      Object.entries(people).map(([id, slack]) => [id, { slack, contacts: [{ channel: 'production-alerts' }] }]),
    ),
    incidents: {
      policies: {
        critical: {
          levels: [
            level('On-call engineer', 0, { rota: 'primary' }),
            level('Second on-call engineer', 10, { rota: 'secondary' }),
            level('Team lead', 20, { person: 'devops-lead' }),
          ],
        },
      },
      reopenSeconds: 2,
      repeatSeconds: 2,
    },
  };
}

/** What the gateway and the worker are told beside the sandbox's addresses. */
export function incidentSecrets({ slack }: SandboxState): Record<string, string> {
  return {
    INTENDLY_ALERTMANAGER_TOKEN: randomBytes(24).toString('hex'),
    INTENDLY_PAGERDUTY_WEBHOOK_SECRET: randomBytes(24).toString('hex'),
    INTENDLY_SLACK_SIGNING_SECRET: slack?.signingSecret ?? '',
  };
}

const start = Date.now();
const labels = { alertname: 'ServiceDown', severity: 'critical', service: 'backend-relayer' };

/** Tells the real Alertmanager what Prometheus would: this alert fires, or has ended. */
async function alert(url: string, ended: boolean): Promise<void> {
  const body = [
    {
      labels,
      annotations: { summary: 'backend-relayer has no pod that answers' },
      startsAt: new Date(start).toISOString(),
      ...(ended && { endsAt: new Date().toISOString() }),
    },
  ];
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
}

interface Message {
  channel: string;
  ts: string;
  blocks?: unknown;
}

async function slackCall(state: SandboxState, path: string, body?: object): Promise<unknown> {
  const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(new URL(`/_sandbox/${path}`, state.slack?.url), init);
  return answer.json();
}

/** The second engineer presses the button in the message that has paged them. */
async function pressAcknowledge(state: SandboxState): Promise<boolean> {
  const user = people['oncall-secondary'];
  const messages = (await slackCall(state, 'messages')) as Message[];
  const page = messages.findLast(({ channel }) => channel === `D0${user}`);
  if (!page) return false;
  await slackCall(state, 'press', { user, channel: page.channel, ts: page.ts, action: 'incident_acknowledge' });
  return true;
}

/** The first open incident of the system; an alert takes a moment from Alertmanager through the gateway. */
async function opened(client: Client, system: string, until: number): Promise<string> {
  while (Date.now() < until) {
    const [found] = await openIncidents(client, system, 1);
    if (found) return found.incident;
    await sleep(LOOK_MS);
  }
  throw new Error('no incident was opened; see the log of the gateway');
}

/**
 * A real alert through a real Alertmanager: the ladder climbs until somebody answers in Slack, and ends when the alert does. Tells the timeline as it grows.
 * Returns the workflow id. Throws when it does not come to its end.
 */
export async function playIncident(
  client: Client,
  state: SandboxState,
  env: NodeJS.ProcessEnv,
  system: string,
  tell: (line: string) => void,
): Promise<string> {
  const { alertmanager } = state;
  if (!alertmanager) throw new Error('the sandbox has no Alertmanager');
  const gateway = await startGateway(env, system, join(state.dir, 'demo-gateway.log'));
  try {
    const credentialsFile = join(state.dir, 'demo-alertmanager-token');
    writeFileSync(credentialsFile, env['INTENDLY_ALERTMANAGER_TOKEN'] ?? '', { mode: 0o600 });
    const webhook = { url: `${gateway.url}/alertmanager/${SOURCE}`, credentialsFile };
    await configureAlertmanager(alertmanager, defaultConfiguration(webhook));
    await slackCall(state, 'urls', {
      interactions: `${gateway.url}/slack/interactions`,
      commands: `${gateway.url}/slack/commands`,
    });
    await alert(alertmanager.url, false);
    tell('Alertmanager has the alert ServiceDown; nobody has been called yet.');
    return await follow(client, state, system, tell);
  } finally {
    await gateway.stop();
  }
}

async function follow(
  client: Client,
  state: SandboxState,
  system: string,
  tell: (line: string) => void,
): Promise<string> {
  const until = Date.now() + LONGEST_MS;
  const workflowId = await opened(client, system, until);
  const handle = client.workflow.getHandle(workflowId);
  let told = 0;
  let pressed = false;
  let over = false;
  while (Date.now() < until) {
    const { entries } = await handle.query<{ entries: TimelineEntry[] }>('timeline');
    for (const { n, at, text } of entries.filter((entry) => entry.n >= told)) {
      tell(`  ${new Date(at).toISOString().slice(11, 19)}  ${text}`);
      told = n + 1;
    }
    const said = (words: string): boolean => entries.some(({ text }) => text.includes(words));
    if (!pressed && said('Paged: oncall-secondary')) pressed = await pressAcknowledge(state);
    if (!over && said('has acknowledged')) {
      over = true;
      await alert(state.alertmanager?.url ?? '', true);
    }
    if (said('The source reports all alerts as resolved')) {
      const report = (await handle.result()) as IncidentReport;
      tell(report.summary);
      return workflowId;
    }
    await sleep(LOOK_MS);
  }
  throw new Error(`${workflowId} did not come to its end`);
}
