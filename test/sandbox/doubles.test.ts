import { beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { sendMailPage } from '../../activities/mail/page.js';
import { sendPagerdutyPage } from '../../activities/pagerduty/page.js';
import type { PageDelivery } from '../../activities/incident/types.js';
import type { DoubleIncident } from '../../sandbox/pagerduty/index.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { SunkMail } from '../../sandbox/mail/index.js';
import { inActivity } from '../activities/http/inActivity.js';
import { delivery, page, secretsOf } from '../activities/paging.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';

let state: SandboxState;
beforeAll(async () => {
  state = await sandbox('pagerduty', 'mail');
}, SANDBOX_MS);

const shown = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;

test('the sandbox’s PagerDuty takes pages and says who is on call', async () => {
  const { url = '', routingKey = '', apiToken = '', schedule = '', users = [] } = state.pagerduty ?? {};
  const incident = `incident/shop/${randomUUID()}`;
  const target = { type: 'pagerduty' as const, routingKey: 'env:KEY', apiUrl: url };
  const deps = { secrets: secretsOf({ KEY: routingKey }), env: {} };
  await inActivity(
    (input: PageDelivery) => sendPagerdutyPage(deps, input),
    delivery(target, { pages: [page({ incident })] }),
  );
  const incidents = await shown<DoubleIncident[]>(`${url}/_sandbox/incidents`);
  expect(incidents.filter(({ incident_key: key }) => key === `belay/${incident}`)).toMatchObject([
    { status: 'triggered', notified: users.slice(0, 1) },
  ]);
  const headers = { authorization: `Token token=${apiToken}`, accept: 'application/vnd.pagerduty+json;version=2' };
  const answer = await fetch(`${url}/oncalls?schedule_ids[]=${schedule}`, { headers });
  expect(await answer.json()).toMatchObject({ oncalls: [{ user: { id: users[0] } }] });
});

test('the sandbox’s mail server keeps what it gets', async () => {
  const { url = '', host = '', port = 0, user = '', password = '' } = state.mail ?? {};
  const target = {
    ...{ type: 'mail' as const, host, port, user, password: 'env:PASSWORD' },
    ...{ security: 'none' as const, from: 'belay@example.com', to: [] },
  };
  const deps = { secrets: secretsOf({ PASSWORD: password }) };
  const more = { key: randomUUID(), pages: [page({ title: 'Kept' })] };
  const { reference } = await inActivity((input: PageDelivery) => sendMailPage(deps, input), delivery(target, more));
  const mails = await shown<SunkMail[]>(`${url}/_sandbox/messages`);
  expect(mails.filter(({ messageId }) => messageId === reference)).toMatchObject([
    { subject: '[P1] Kept', to: ['ada@example.com'], user },
  ]);
});
