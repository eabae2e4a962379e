import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAlertmanagerActivities } from '../../../activities/alertmanager/index.js';
import type { Matcher, RoutingConfiguration } from '../../../activities/alertmanager/types.js';
import { configureAlertmanager, defaultConfiguration, startAlertmanager } from '../../../sandbox/alertmanager/index.js';
import { stopProcesses } from '../../../sandbox/stop.js';
import { loadSystem } from '../../../systems/load.js';
import { projectRoot } from '../../../sandbox/kit/paths.js';
import { differences } from '../../../workflows/alertRouting/difference.js';
import { renderRouting } from '../../../workflows/alertRouting/render.js';
import { astray, samplesOf } from '../../../workflows/alertRouting/samples.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { inActivity } from '../http/inActivity.js';

const activities = createAlertmanagerActivities();
const place = { url: '', timeoutSeconds: 10 };
let dir: string;
let started: Awaited<ReturnType<typeof startAlertmanager>>['alertmanager'];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-am-'));
  ({ alertmanager: started } = await startAlertmanager({ dir, progress: (line) => process.stderr.write(`${line}\n`) }));
  place.url = started.url;
  process.env['BELAY_AMTOOL_BIN'] = join(started.bin, 'amtool');
}, SANDBOX_MS);
afterAll(async () => {
  delete process.env['BELAY_AMTOOL_BIN'];
  await stopProcesses(dir);
  await rm(dir, { recursive: true, force: true });
});

async function alert(labels: Record<string, string>): Promise<void> {
  const response = await fetch(`${place.url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels }]),
  });
  expect(response.status).toBe(200);
}

const present = async (name: string) => {
  const { alerts } = await inActivity(activities.listPresentAlerts, place);
  return alerts.find(({ labels }) => labels['alertname'] === name);
};

/** The state follows at Alertmanager's own pace. */
async function until(name: string, state: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if ((await present(name))?.state === state) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} never became ${state}`);
}

const is = (name: string, value: string): Matcher => ({ name, value, isRegex: false, isEqual: true });
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

describe('silences on a real Alertmanager', () => {
  test('created once, with owner, reason and end; ended by their key', async () => {
    await alert({ alertname: 'Flaps', pod: 'a' });
    await until('Flaps', 'active');
    const wanted = {
      key: 'review/1 silence/Flaps',
      matchers: [is('alertname', 'Flaps'), is('pod', 'a')],
      endsAt: soon(),
    };
    const input = { ...place, ...wanted, owner: 'alice', reason: 'Flaps all night' };
    const first = await inActivity(activities.createSilence, input);
    expect(first).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), created: true });
    expect(await inActivity(activities.createSilence, input)).toEqual({ id: first.id, created: false });
    expect((await inActivity(activities.createSilence, { ...input, key: 'review/2' })).created).toBe(true);
    const listed = (await inActivity(activities.listSilences, place)).find(({ id }) => id === first.id);
    expect(listed).toMatchObject({
      state: 'active',
      createdBy: 'alice',
      comment: 'Flaps all night [belay review/1 silence/Flaps]',
      matchers: expect.arrayContaining(wanted.matchers),
    });
    expect(Date.parse(listed?.endsAt ?? '')).toBe(Date.parse(wanted.endsAt));
    await until('Flaps', 'suppressed');

    expect(await inActivity(activities.expireSilence, { ...place, key: wanted.key })).toEqual({ expired: [first.id] });
    expect(await inActivity(activities.expireSilence, { ...place, key: wanted.key })).toEqual({ expired: [] });
    await inActivity(activities.expireSilence, { ...place, key: 'review/2' });
    await until('Flaps', 'active');
    // An ended one does not count: the same key makes a new one.
    expect((await inActivity(activities.createSilence, input)).created).toBe(true);
    await inActivity(activities.expireSilence, { ...place, key: wanted.key });
  });

  test('one that Alertmanager refuses is final, and says why', async () => {
    const input = { ...place, key: 'k', matchers: [], endsAt: soon(), owner: 'alice', reason: 'none' };
    const refused = inActivity(activities.createSilence, input);
    await expect(refused).rejects.toMatchObject({ type: 'AlertmanagerRefused', nonRetryable: true });
    await expect(refused).rejects.toThrow(/HTTP 4\d\d \(.*matcher/);
  });
});

describe('routes', () => {
  const { system } = loadSystem('intendly', { dirs: [join(projectRoot(), 'systems')] });
  const { config, problems } = renderRouting(system);

  test('what is rendered for Intendly is valid, and samples arrive where they should', async () => {
    expect(problems).toEqual([]);
    const samples = samplesOf(system, true, [{ alertname: 'With "quotes" and, commas', severity: 'critical' }]);
    const check = await inActivity(activities.checkRouting, {
      ...{ config, header: ['two\nlines'], samples: samples.map(({ labels }) => labels) },
    });
    expect([check.valid, check.said]).toEqual([true, expect.stringContaining('SUCCESS')]);
    expect(check.checkedBy).toMatch(/^amtool/);
    expect(check.yaml).toMatch(/^# two lines\n/);
    expect(astray(samples, check.receivers)).toEqual([]);
    expect(check.receivers[0]).toEqual(['belay', 'pagerduty']);
  });

  test('amtool refuses a route to nowhere', async () => {
    const wrong: RoutingConfiguration = { ...config, route: { receiver: 'nowhere' } };
    const check = await inActivity(activities.checkRouting, { config: wrong, header: [], samples: [{ a: 'b' }] });
    expect(check).toMatchObject({ valid: false, receivers: [], said: expect.stringContaining('nowhere') });
  });

  test('without amtool it says so', async () => {
    const [bin, programs, path] = ['BELAY_AMTOOL_BIN', 'BELAY_PROGRAMS', 'PATH'].map((name) => process.env[name]);
    delete process.env['BELAY_AMTOOL_BIN'];
    Object.assign(process.env, { PATH: '/nonexistent', BELAY_PROGRAMS: '' });
    try {
      const check = await inActivity(activities.checkRouting, { config, header: [], samples: [] });
      expect(check).toMatchObject({
        checkedBy: null,
        valid: false,
        said: expect.stringContaining('prometheus-alertmanager'),
      });
    } finally {
      Object.assign(process.env, { PATH: path, BELAY_AMTOOL_BIN: bin });
      if (programs === undefined) delete process.env['BELAY_PROGRAMS'];
    }
  });

  test('an Alertmanager that runs the rendered configuration has no differences; one with another has', async () => {
    // Files that a route names need not be there before something is sent.
    await configureAlertmanager(started, config);
    const { version, running } = await inActivity(activities.readRouting, place);
    expect(version).toMatch(/^\d|^$/);
    if (!running) throw new Error('no configuration');
    expect(differences(config, running)).toEqual([]);
    await configureAlertmanager(started, defaultConfiguration());
    const other = await inActivity(activities.readRouting, place);
    if (!other.running) throw new Error('no configuration');
    expect(differences(config, other.running).map(({ path }) => path)).toEqual(
      expect.arrayContaining(['route.receiver', 'route.routes[0]', 'receivers.belay', 'receivers.default']),
    );
  });
});

test('no secret of a running configuration comes back', async () => {
  const secrets = ['pass-of-basic-auth', 'key-of-pagerduty', 'user-info-of-a-url', 'xoxb-1234567890-token'];
  const [password, key, info, token] = secrets;
  await configureAlertmanager(started, {
    route: { receiver: 'all' },
    receivers: [
      {
        name: 'all',
        webhook_configs: [
          { url: `http://me:${info}@hook.test/${token}`, http_config: { basic_auth: { username: 'me', password } } },
        ],
        pagerduty_configs: [{ routing_key: key }],
      },
    ],
  });
  const found = JSON.stringify(await inActivity(activities.readRouting, place));
  expect(found).toContain('"all"');
  expect(secrets.filter((secret) => found.includes(secret ?? ''))).toEqual([]);
  await configureAlertmanager(started, defaultConfiguration());
});

test('an Alertmanager that is not there is asked again later', async () => {
  const away = { url: 'http://127.0.0.1:1', timeoutSeconds: 2 };
  await expect(inActivity(activities.listSilences, away)).rejects.toMatchObject({
    type: 'AlertmanagerUnavailable',
    nonRetryable: false,
  });
});

test('what is no Alertmanager is refused', async () => {
  const wrong = { ...place, url: `${place.url}/nowhere` };
  await expect(inActivity(activities.readRouting, wrong)).rejects.toMatchObject({ type: 'AlertmanagerRefused' });
});
