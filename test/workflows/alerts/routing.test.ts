import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { projectRoot } from '../../../sandbox/kit/paths.js';
import { loadSystem } from '../../../systems/load.js';
import { type System, type SystemInput, systemSchema } from '../../../systems/schema.js';
import type { RoutingConfiguration } from '../../../activities/alertmanager/types.js';
import { differences } from '../../../workflows/alertRouting/difference.js';
import { duration, matcher, renderRouting } from '../../../workflows/alertRouting/render.js';
import { astray, literalOf, receiversOf, samplesOf } from '../../../workflows/alertRouting/samples.js';

const intendly = loadSystem('intendly', { dirs: [join(projectRoot(), 'systems')] }).system;

const shop = (incidents: Partial<SystemInput['incidents']>, more: Partial<SystemInput> = {}): System =>
  systemSchema.parse({
    name: 'shop',
    title: 'Shop',
    channels: { hook: { type: 'webhook', url: 'http://hook.test', secret: 'env:HOOK' }, ops: { type: 'log' } },
    incidents: {
      severities: [{ id: 'P1', policy: 'default' }],
      policies: { default: { levels: [{ name: 'L1', afterSeconds: 0, notify: [{ channel: 'ops' }] }] } },
      ...incidents,
    },
    ...more,
  });

describe("Intendly's routes, as the manual has them", () => {
  const { config, files, problems } = renderRouting(intendly);
  const [belay, ...others] = config.route.routes ?? [];

  test('receivers and intervals', () => {
    expect(problems).toEqual([]);
    expect(
      others.map(({ receiver, matchers, group_interval, repeat_interval }) => [
        ...[receiver, matchers, group_interval, repeat_interval],
      ]),
    ).toEqual([
      ['pagerduty', ['severity="critical"'], '30s', '5m'],
      ['slack-warnings', ['severity="warning"'], '5m', '30m'],
      ['email-team', ['severity="info"'], '15m', '24h'],
    ]);
  });

  test('everything goes to Belay first, grouped as the rules say', () => {
    expect(belay).toMatchObject({ receiver: 'belay', continue: true });
    expect(belay?.routes?.map(({ group_by }) => group_by)).toEqual(
      intendly.incidents?.rules.map(({ groupBy }) => groupBy),
    );
    expect(config.receivers[0]).toMatchObject({
      name: 'belay',
      webhook_configs: [
        {
          url: expect.stringMatching(/\/alertmanager\/intendly-alertmanager$/),
          http_config: { authorization: { type: 'Bearer', credentials_file: expect.stringMatching(/^\//) } },
        },
      ],
    });
  });

  test('secrets are files, and the report says what belongs into each', () => {
    expect(files.map(({ holds }) => holds)).toEqual(
      expect.arrayContaining(['env:INTENDLY_ALERTMANAGER_TOKEN', 'env:INTENDLY_PAGERDUTY_ROUTING_KEY']),
    );
    for (const { file } of files) expect(JSON.stringify(config)).toContain(file);
    expect(JSON.stringify(config)).not.toContain('env:');
  });

  test('every sample has the receivers that it should have', () => {
    const samples = samplesOf(intendly, true, [
      { alertname: 'ServiceDown', severity: 'critical' },
      { severity: 'none' },
    ]);
    expect(samples.slice(0, 2).map(({ receivers }) => receivers)).toEqual([['belay', 'pagerduty'], ['belay']]);
    expect(samples.filter(({ of }) => of.startsWith('route ')).map(({ receivers }) => receivers?.[1])).toEqual([
      ...['pagerduty', 'slack-warnings', 'email-team'],
    ]);
  });
});

describe('what cannot be rendered, and what a reader should know', () => {
  test.each<[string, System, string]>([
    ['a webhook channel', shop({ routes: [{ id: 'r', receiver: 'hook' }] }), 'channel of type webhook'],
    ['no such channel', shop({ routes: [{ id: 'r', receiver: 'nowhere' }] }), 'there is no channel "nowhere"'],
    ['Belay without a gateway', shop({ routes: [{ id: 'r', receiver: 'belay' }] }), 'add `incidents.gateway`'],
  ])('%s', (_, system, words) => {
    expect(renderRouting(system).problems).toEqual([expect.stringContaining(words)]);
  });

  test('without a gateway nothing goes to Belay, and it says so', () => {
    const { config, warnings } = renderRouting(shop({}));
    expect(config.route.receiver).toBe('nobody');
    expect(warnings).toEqual([expect.stringContaining('Nothing goes to Belay')]);
  });

  test('people who would hear of an alert twice; a repeat between two intervals', () => {
    const slack = { type: 'slack' as const, channel: '#ops', token: 'env:SLACK' };
    const system = shop(
      {
        gateway: { url: 'http://belay.test' },
        sources: { am: { type: 'alertmanager', tokens: ['env:TOKEN'] } },
        routes: [{ id: 'r', receiver: 'ops', groupIntervalSeconds: 300, repeatIntervalSeconds: 400 }],
      },
      { channels: { ops: slack } },
    );
    expect(renderRouting(system).warnings).toEqual([
      expect.stringContaining('Belay sends to ops too'),
      expect.stringContaining('no multiple of groupIntervalSeconds'),
    ]);
  });
});

test.each([
  [30, '30s'],
  [90, '90s'],
  [300, '5m'],
  [86_400, '24h'],
  [0, '0s'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

test.each([
  ['critical', 'severity="critical"'],
  ['critical|page', 'severity=~"critical|page"'],
  ['a.c', 'severity=~"a.c"'],
  ['a"b', 'severity=~"a\\"b"'],
])('matcher of %s', (regex, text) => expect(matcher('severity', regex)).toBe(text));

test.each([
  ['ServiceDown', 'ServiceDown'],
  ['A|B', 'A'],
  ['(A|B)', 'A'],
  ['(?:A|B)', 'A'],
  ['High.*', undefined],
  ['(?i)a', undefined],
])('a word that %s matches is %p', (regex, word) => expect(literalOf(regex)).toBe(word));

test('a route that only Alertmanager understands is not judged here', () => {
  const system = shop({ routes: [{ id: 'r', match: { a: '(?i)x' }, receiver: 'ops' }] });
  expect(receiversOf(system, true, { a: 'x' })).toBeUndefined();
  expect(astray([{ of: 's', labels: {} }], [['anything']])).toEqual([]);
});

test('samples that go astray are named', () => {
  const samples = [
    { of: 'rule a', labels: {}, receivers: ['belay'] },
    { of: 'rule b', labels: {}, receivers: ['belay', 'ops'] },
  ];
  expect(astray(samples, [['belay'], ['ops']])).toEqual(['rule b goes to ops instead of belay, ops']);
});

describe('differences to what runs', () => {
  const ours: RoutingConfiguration = {
    route: {
      receiver: 'belay',
      group_by: ['alertname'],
      routes: [{ receiver: 'ops', matchers: ['severity="info"'], group_wait: '90s', repeat_interval: '24h' }],
    },
    receivers: [{ name: 'belay', webhook_configs: [{ url: 'http://b', send_resolved: true }] }, { name: 'ops' }],
  };
  const running: RoutingConfiguration = {
    global: { resolve_timeout: '5m' },
    route: {
      receiver: 'belay',
      group_by: ['alertname'],
      continue: false,
      routes: [
        { receiver: 'ops', match: { severity: 'info' }, continue: false, group_wait: '1m30s', repeat_interval: '1d' },
      ],
    },
    receivers: [
      { name: 'belay', webhook_configs: [{ url: '<secret>', send_resolved: true, max_alerts: 0 }] },
      { name: 'ops' },
    ],
  };
  const changed = (change: (one: RoutingConfiguration) => void): RoutingConfiguration => {
    const copy = structuredClone(running);
    change(copy);
    return copy;
  };

  test('none: other words for the same, defaults, hidden secrets', () => {
    expect(differences(ours, running)).toEqual([]);
  });

  test.each<[string, (one: RoutingConfiguration) => void, string]>([
    [
      'an interval',
      (one) => Object.assign(one.route.routes?.[0] ?? {}, { repeat_interval: '1h' }),
      'route.routes[0].repeat_interval',
    ],
    [
      'a matcher',
      (one) => Object.assign(one.route.routes?.[0] ?? {}, { match: { severity: 'warning' } }),
      'route.routes[0].matchers',
    ],
    ['continue', (one) => Object.assign(one.route.routes?.[0] ?? {}, { continue: true }), 'route.routes[0].continue'],
    [
      'a muted time',
      (one) => Object.assign(one.route.routes?.[0] ?? {}, { mute_time_intervals: ['night'] }),
      'route.routes[0].mute_time_intervals',
    ],
    ['a route more', (one) => one.route.routes?.push({ receiver: 'ops' }), 'route.routes[1]'],
    ['a receiver more', (one) => one.receivers.push({ name: 'old' }), 'receivers.old'],
    ['a receiver less', (one) => one.receivers.pop(), 'receivers.ops'],
    [
      'another way of sending',
      (one) => Object.assign(one.receivers[1] ?? {}, { slack_configs: [{}] }),
      'receivers.ops.slack_configs',
    ],
    [
      'a setting',
      (one) => Object.assign(one.receivers[0] ?? {}, { webhook_configs: [{ url: 'http://b', send_resolved: false }] }),
      'receivers.belay.webhook_configs[0].send_resolved',
    ],
    ['a section that would be lost', (one) => Object.assign(one, { inhibit_rules: [{}] }), 'inhibit_rules'],
  ])('%s', (_, change, path) => {
    expect(differences(ours, changed(change)).map((one) => one.path)).toEqual([path]);
  });
});
