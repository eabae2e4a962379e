import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { routeAlert, wholeValue, worstSeverity } from '../../../client/incidents/route.js';
import { alert, shop } from './shop.js';

const system = shop({
  unmatched: 'P2',
  rules: [
    { id: 'disk', match: { alertname: 'Disk.*', mount: '/|/data' }, severity: 'P1', groupBy: ['alertname', 'host'] },
    { id: 'intruder', match: { team: 'security' }, kind: 'security', policy: 'ladder', service: 'vault' },
    {
      id: 'labelled',
      match: { alertname: 'Slow.*' },
      severity: 'P3',
      severityLabel: { label: 'severity', values: { critical: 'P1', warning: 'P2' } },
      groupBy: ['service'],
    },
    { id: 'no-host', match: { alertname: 'Lost', host: '()' } },
  ],
});

const cases: [string, Record<string, string>, object][] = [
  [
    'matches the whole value of every label',
    { alertname: 'DiskFull', mount: '/data' },
    { rule: 'disk', severity: 'P1' },
  ],
  ['a part of a value is no match', { alertname: 'MyDiskFull', mount: '/data' }, { rule: 'unmatched', severity: 'P2' }],
  ['alternatives are bound as a whole', { alertname: 'DiskFull', mount: '/data2' }, { rule: 'unmatched' }],
  ['a label that is missing is empty', { alertname: 'Lost' }, { rule: 'no-host', severity: 'P2' }],
  ['and no expression for text matches it', { alertname: 'Lost', host: 'a' }, { rule: 'unmatched' }],
  [
    'kind, policy and service of the rule',
    { team: 'security' },
    { kind: 'security', policy: 'ladder', service: 'vault' },
  ],
  ['the label gives the severity', { alertname: 'SlowDb', severity: 'critical' }, { rule: 'labelled', severity: 'P1' }],
  ['an unknown value: the severity of the rule', { alertname: 'SlowDb', severity: 'page' }, { severity: 'P3' }],
  ['a value that is a name of objects', { alertname: 'SlowDb', severity: 'constructor' }, { severity: 'P3' }],
  ['service by label where the rule names none', { alertname: 'SlowDb', service: 'cart' }, { service: 'cart' }],
  ['the first rule that matches is taken', { alertname: 'DiskFull', mount: '/', team: 'security' }, { rule: 'disk' }],
];

describe('routing', () => {
  test.each(cases)('%s', (_name, labels, expected) => {
    expect(routeAlert(system, alert(labels))).toMatchObject(expected);
  });

  test('without `unmatched`, the mildest severity', () => {
    expect(routeAlert(shop(), alert({ alertname: 'X' })).severity).toBe('P3');
  });

  test('the id is made of system, rule and the hash of the group', () => {
    const route = routeAlert(system, alert({ alertname: 'DiskFull', mount: '/', host: 'db-1' }));
    expect(route.groupKey).toBe('{alertname="DiskFull", host="db-1"}');
    const hash = createHash('sha256').update(route.groupKey).digest('hex').slice(0, 16);
    expect(route.workflowId).toBe(`incident/shop/disk/${hash}`);
    expect(route.title).toBe('DiskFull (host=db-1)');
  });

  test('labels outside of the group make no other incident, those of the group do', () => {
    const id = (labels: Record<string, string>) =>
      routeAlert(system, alert({ alertname: 'DiskFull', mount: '/', host: 'a', ...labels })).workflowId;
    expect(id({ pod: 'x' })).toBe(id({ pod: 'y' }));
    expect(id({ host: 'b' })).not.toBe(id({}));
  });

  test('a value cannot pretend to be another label', () => {
    const grouped = shop({ rules: [{ id: 'r', groupBy: ['a', 'b'] }] });
    const id = (labels: Record<string, string>) => routeAlert(grouped, alert(labels)).workflowId;
    expect(id({ a: 'x", b="y', b: '' })).not.toBe(id({ a: 'x', b: 'y' }));
  });

  test('two long groups that differ at their end are two incidents, and each fits the input', () => {
    const long = 'x'.repeat(5_000);
    const grouped = shop({ rules: [{ id: 'r', groupBy: ['a'] }] });
    const [one, two] = ['1', '2'].map((end) => routeAlert(grouped, alert({ a: long + end })));
    expect(one?.workflowId).not.toBe(two?.workflowId);
    expect(one?.groupKey.length).toBeLessThanOrEqual(2_000);
    expect(one?.title.length).toBeLessThanOrEqual(200);
  });

  test('line breaks and control characters do not get into titles', () => {
    expect(routeAlert(shop(), alert({ alertname: 'A' }, { name: 'A\n\u0000\u001b[31mB' })).title).toBe('A [31mB');
  });

  test('a wrong expression is told with its fault', () => {
    expect(() => wholeValue('a(')).toThrow(SyntaxError);
  });
});

describe('the severity of a storm', () => {
  test.each([
    ['disk', 'P1'],
    ['labelled', 'P1'],
    ['no-host', 'P2'],
    ['unmatched', 'P2'],
  ])('%s: %s, the worst that the rule can give', (rule, severity) => {
    expect(worstSeverity(rule, system.incidents)).toBe(severity);
  });
});
