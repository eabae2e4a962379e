import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { dedupKey } from '../../activities/pagerduty/dedup.js';
import { actionIds, signButton, type ButtonAction } from '../../activities/slack/buttonValue.js';
import { identify } from '../../client/gateway/identify.js';
import { createMetrics } from '../../client/gateway/metrics.js';
import { createGateway } from '../../client/gateway/server.js';
import { collectSources } from '../../client/gateway/sources.js';
import type { GatewayDeps } from '../../client/gateway/types.js';
import { createIncidentPort } from '../../client/incidents/index.js';
import { signatures } from '../../sandbox/pagerduty/index.js';
import { signedHeaders } from '../../sandbox/slack/signature.js';
import { systemSchema, type System } from '../../systems/schema.js';
import type { IncidentView } from '../../workflows/incident/types.js';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { eventually, Harness } from '../workflows/harness.js';
import { Watchtower } from '../workflows/incident/watchtower.js';
import { secretValues, TEAM } from './ground.js';
import { incidentData, user, webhook } from './pagerduty/place.js';
import { buttonKey, pressForm } from './slack/place.js';

const slackSecret = secretValues['env:SLACK_SIGNING'] ?? '';
const pagerdutySecret = secretValues['env:PAGERDUTY_SIGNING'] ?? '';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness?.stop());

/** The tower's system as the gateway needs it: everybody with ids of their own, and sources. */
function served({ system }: Watchtower): System {
  const people = Object.fromEntries(
    Object.entries(system.people).map(([id, person]) => [
      id,
      { ...person, slack: `U0${id.toUpperCase()}`, pagerduty: `P0${id.toUpperCase()}` },
    ]),
  );
  const sources = {
    [`${system.name}-slack`]: { type: 'slack', secrets: ['env:SLACK_SIGNING'], team: TEAM },
    [`${system.name}-pd`]: { type: 'pagerduty', secrets: ['env:PAGERDUTY_SIGNING'] },
  };
  return systemSchema.parse({ ...system, people, incidents: { ...system.incidents, sources } });
}

/** Slack and PagerDuty before a gateway, with one incident behind it. */
class Desk {
  private presses = 0;

  constructor(
    private readonly app: FastifyInstance,
    private readonly deps: GatewayDeps,
    private readonly system: System,
    readonly incident: string,
  ) {}

  async state(): Promise<IncidentView> {
    const view = await this.deps.incidents.state(this.incident);
    if (!view) throw new Error('there is no incident');
    return view;
  }

  async command(person: string, text: string): Promise<string> {
    const form = {
      command: '/belay',
      text,
      team_id: TEAM,
      user_id: `U0${person}`,
      trigger_id: `${(this.presses += 1)}`,
    };
    return (JSON.parse(await this.slack('/slack/commands', form)) as { text: string }).text;
  }

  async press(person: string, a: ButtonAction, level: number): Promise<void> {
    const value = signButton({ i: this.incident, a, l: level, t: Date.now() }, buttonKey) ?? '';
    const actionTs = `1700000000.${(this.presses += 1)}`;
    await this.slack('/slack/interactions', pressForm({ user: `U0${person}`, action: actionIds[a], value, actionTs }));
  }

  private async slack(url: string, form: Record<string, string>): Promise<string> {
    const payload = new URLSearchParams(form).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...signedHeaders(slackSecret, payload, Date.now()),
    };
    const { statusCode, body } = await this.app.inject({ method: 'POST', url, payload, headers });
    if (statusCode !== 200) throw new Error(`answered ${statusCode}: ${body}`);
    return body;
  }

  async pagerduty(type: string, agent: object, more: object = {}): Promise<unknown> {
    const payload = JSON.stringify(
      webhook(`incident.${type}`, incidentData('QREAL1', dedupKey(this.incident), more), { agent }),
    );
    const headers = {
      'content-type': 'application/json',
      'x-pagerduty-signature': signatures(payload, [pagerdutySecret]),
    };
    const url = `/pagerduty/${this.system.name}-pd`;
    return (await this.app.inject({ method: 'POST', url, payload, headers })).json();
  }
}

/** An incident that somebody has opened from Slack, whose first level has been paged. */
async function opened(name: string, body: (desk: Desk, tower: Watchtower) => Promise<void>): Promise<void> {
  const tower = new Watchtower(`gateway-${process.pid}-${name}`);
  await harness.with(tower, async ({ taskQueue }) => {
    const system = served(tower);
    const { client } = harness;
    const deps: GatewayDeps = {
      systems: new Map([[system.name, system]]),
      sources: collectSources([system]),
      client,
      incidents: createIncidentPort({ client, queue: taskQueue, clock: Date.now }),
      secrets: { values: (references) => references.flatMap((reference) => secretValues[reference] ?? []) },
      log: pino({ level: 'silent' }),
      clock: Date.now,
      metrics: createMetrics(),
      identify,
    };
    const app = await createGateway(deps);
    const answer = await new Desk(app, deps, system, '').command('BOB', 'open P1 Checkout fails');
    const id = /`(checkout-fails-[0-9a-f]{8})`/.exec(answer)?.[1] ?? '';
    const desk = new Desk(app, deps, system, `incident/${system.name}/${id}`);
    await eventually('the first level is paged', () => tower.pages.length > 0);
    try {
      await body(desk, tower);
    } finally {
      await app.close();
      await client.workflow
        .getHandle(desk.incident)
        .terminate('end of test')
        .catch(() => undefined);
    }
  });
}

test('opened, acknowledged and resolved from Slack', () =>
  opened('slack', async (desk, tower) => {
    expect(tower.pages[0]).toMatchObject({ level: 0, people: ['ada'] });
    await desk.press('ADA', 'acknowledge', 0);
    expect(await desk.state()).toMatchObject({ phase: 'acknowledged', owner: 'ada', levels: 3 });
    await eventually('the pages are recalled', () => tower.recalls.length > 0);
    expect(await desk.command('BOB', `resolve ${desk.incident}`)).toContain('ada owns it');
    expect(await desk.state()).toMatchObject({ phase: 'acknowledged' });
    expect(await desk.command('ADA', `resolve ${desk.incident} cleaned up`)).toBe('*Checkout fails*: Resolved.');
    expect(await desk.state()).toMatchObject({ phase: 'resolved' });
    // On a slow machine the time in which it may reopen is over by now.
    expect(await desk.command('BOB', `ack ${desk.incident}`)).toMatch(
      /Not done: .*(it is resolved since|it has ended)/,
    );
  }));

test('escalated once, however often the same message is pressed, and to the last level by a lead', () =>
  opened('escalate', async (desk, tower) => {
    await desk.press('BOB', 'escalate', 0);
    await desk.press('ADA', 'escalate', 0);
    await eventually('the second level is paged', () => tower.pages.length > 1);
    expect((await desk.state()).level).toBe(1);
    expect(await desk.command('BOB', `escalate ${desk.incident}`)).toContain('by a lead or an executive');
    expect(await desk.command('CYD', `escalate ${desk.incident}`)).toContain('Level 3 is paged');
    expect((await desk.state()).level).toBe(2);
  }));

test('acknowledged in PagerDuty by one of our people; what others do there is only noted', () =>
  opened('pagerduty', async (desk, tower) => {
    expect(await desk.pagerduty('acknowledged', user('P0ADA', 'Ada'))).toEqual({ outcome: 'acted' });
    expect(await desk.state()).toMatchObject({ phase: 'acknowledged', owner: 'ada' });
    expect(await desk.pagerduty('resolved', user('P0WHO', 'Who'))).toEqual({ outcome: 'refused' });
    expect(await desk.state()).toMatchObject({ phase: 'acknowledged' });
    await eventually('the thread says so', () =>
      tower.thread.some((text) => text.includes('Who resolved in PagerDuty')),
    );
    expect(tower.settled).toEqual([]);
    expect(await desk.pagerduty('resolved', user('P0ADA', 'Ada'))).toEqual({ outcome: 'acted' });
    expect(await desk.state()).toMatchObject({ phase: 'resolved' });
  }));
