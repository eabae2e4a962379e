import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkSystemFile, type Problem } from '../../systems/check.js';
import { folderWith, SAMPLE } from './describeFile.js';

function check(text: string): Problem[] {
  return checkSystemFile(join(folderWith({ 'shop.yaml': text }), 'shop.yaml'));
}

/** `line path: message` of what is wrong after one replacement in the sample. */
function after(from: string, to: string): string[] {
  expect(SAMPLE).toContain(from);
  return check(SAMPLE.replace(from, to)).map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

test('the sample has no problem', () => {
  expect(check(SAMPLE)).toEqual([]);
});

describe('one mistake gives one problem with line, path, cause and cure', () => {
  test.each<[string, string, string, string]>([
    [
      'unknown field',
      'title: Shop',
      'title: Shop\nenviroment: test',
      '3 enviroment: unknown field; did you mean "environment"?',
    ],
    [
      'no endpoints at all',
      'endpoints:\n  web: http://web.shop.svc:8080\n',
      '',
      '1 endpoints: is missing; workloads[1].health[0].endpoint refers to it',
    ],
    [
      'unknown field deep inside',
      'max: 0.05',
      'max: 1\n        windowSecs: 30',
      '22 workloads[1].gates[0].windowSecs: unknown field; did you mean "windowSeconds"?',
    ],
    [
      'field far from any other',
      'title: Shop',
      'title: Shop\nzzzzzzzz: 1',
      '3 zzzzzzzz: unknown field; known fields: $schema, name, title, environment, kubernetes, tiers, workloads, endpoints, health, smoke, prometheus, alertmanager and 9 more',
    ],
    ['missing field', 'title: Shop\n', '', '1 title: is missing; must be a text'],
    ['number for text', 'title: Shop', 'title: 1.5', '2 title: is 1.5; must be a text (write it in quotes)'],
    ['text for number', 'max: 0.05', 'max: much', '21 workloads[1].gates[0].max: is a text; must be a number'],
    ['infinite number', 'max: 0.05', 'max: .inf', '21 workloads[1].gates[0].max: is Infinity; must be a number'],
    ['map for list', 'workloads:\n', 'workloads:\n  x:\n', 'workloads'],
    [
      'unknown kind',
      'kind: StatefulSet',
      'kind: Statefulset',
      '8 workloads[0].kind: "Statefulset" is not allowed; must be one of "Deployment", "StatefulSet", "DaemonSet"',
    ],
    [
      'unknown channel type',
      'type: slack',
      'type: slak',
      '37 channels.ops.type: "slak" is not allowed; must be one of "slack", "statuspage", "pagerduty", "mail", "webhook", "log"',
    ],
    [
      'not a Kubernetes name',
      'name: web\n',
      'name: Web_1\n',
      '10 workloads[1].name: must be lower case letters, digits, "-" or "." (a Kubernetes name)',
    ],
    [
      'unknown tier',
      'tier: edge',
      'tier: egde',
      '11 workloads[1].tier: there is no tier "egde"; did you mean "edge"? Or add it to `tiers`',
    ],
    [
      'unknown endpoint',
      'endpoint: web',
      'endpoint: api',
      '14 workloads[1].health[0].endpoint: there is no endpoint "api"; known endpoints: web. Or add it to `endpoints`',
    ],
    [
      'unknown channel',
      'failure: [ops]',
      'failure: [oops]',
      '41 notify.failure[0]: there is no channel "oops"; did you mean "ops"? Or add it to `channels`',
    ],
    [
      'repeated workload',
      'name: database',
      'name: web',
      '10 workloads[1].name: "web" is named twice; each needs a name of its own',
    ],
    [
      'repeated tier',
      '[data, edge]',
      '[data, edge, data]',
      '5 tiers[2]: "data" is named twice; each needs a name of its own',
    ],
    [
      'name unlike the file',
      'name: shop',
      'name: store',
      '1 name: must be "shop", as the file is called (or rename the file)',
    ],
    [
      'no namespace',
      'kubernetes:\n  namespace: shop\n',
      '',
      '1 kubernetes: is missing; workloads need the namespace they run in',
    ],
    [
      'gates without Prometheus',
      'prometheus:\n  url: http://prometheus:9090\n',
      '',
      '19 workloads[1].gates[0]: gates measure with Prometheus; add `prometheus: {url: …}` to the system',
    ],
    ['gate without a bound', 'max: 0.05', 'count: 2', '19 workloads[1].gates[0].max: needs `max`, `min` or both'],
    [
      'count of zero',
      'max: 0.05',
      'max: 1\n        count: 0',
      '22 workloads[1].gates[0].count: is 0; must be at least 1',
    ],
    [
      'bounds that cross',
      'max: 0.05',
      'max: 1\n        min: 2',
      '22 workloads[1].gates[0].min: is above max (1), so no value can pass',
    ],
    [
      'failure limit that never fails',
      'max: 0.05',
      'max: 1\n        failureLimit: 3',
      '22 workloads[1].gates[0].failureLimit: tolerates all 3 measurements of `count`, so the gate could never fail; set at most 2',
    ],
    [
      'window longer than the bake',
      'max: 0.05',
      'max: 1\n        windowSeconds: 90',
      '22 workloads[1].gates[0].windowSeconds: looks back 90 s but the bake lasts 60 s; raise policies.rollingUpdate.bakeSeconds or lower this',
    ],
    [
      'fewer attempts than passes',
      'path: /health',
      'attempts: 2',
      '15 workloads[1].health[0].attempts: 2 attempts can never give the 3 passing answers of `times`; set at least 3',
    ],
    [
      'path without slash',
      'path: /health',
      'path: health',
      '15 workloads[1].health[0].path: must start with "/" and hold no space or "#"',
    ],
    [
      'unknown variable',
      '{{newPods}}',
      '{{newPod}}',
      '20 workloads[1].gates[0].query: {{newPod}} is not a variable of queries; did you mean "newPods"?',
    ],
    [
      'variable with spaces',
      '{{window}}',
      '{{ window }}',
      '20 workloads[1].gates[0].query: {{ window }} is not a variable of queries; write it without spaces: {{window}}',
    ],
    ['broken PromQL', '[{{window}}]))', '[{{window}}])', 'is not valid PromQL near'],
    [
      'rate without sum',
      'sum(rate(http_requests_total{pod=~"{{newPods}}"}[{{window}}]))',
      'rate(a[1m])',
      '20 workloads[1].gates[0].query: takes a rate of several series without bringing them together; write sum(rate(…)), a gate needs one number',
    ],
    [
      'comparison in the query',
      '[{{window}}]))',
      '[{{window}}])) > 5',
      '20 workloads[1].gates[0].query: ends in a comparison, which drops the value when it is false; leave the bound to `max` and `min`',
    ],
    [
      'unknown time zone',
      'Europe/Berlin',
      'Europe/Bärlin',
      '31 blackouts[0].timeZone: "Europe/Bärlin" is not a time zone of the IANA database; write e.g. Europe/Berlin or UTC',
    ],
    [
      'fixed offset',
      'Europe/Berlin',
      "'+02:00'",
      '31 blackouts[0].timeZone: "+02:00" is not a time zone of the IANA database; write e.g. Europe/Berlin or UTC',
    ],
    ['clock without quotes', "'22:00'", '25:00', '29 blackouts[0].from: must be HH:MM, 00:00 to 23:59'],
    ['end before start', '2027-01-02', '2025-01-02', '34 blackouts[1].end: is not after start (2026-12-20T00:00:00Z)'],
    [
      'date without time',
      '2027-01-02T00:00:00Z',
      '2027-01-02',
      '34 blackouts[1].end: must be date and time with zone, e.g. 2026-12-20T18:00:00Z',
    ],
    [
      'misspelt day',
      '[friday]',
      '[fryday]',
      '28 blackouts[0].days[0]: "fryday" is not allowed; must be one of "monday"',
    ],
    [
      'empty section',
      'kubernetes:\n  namespace: shop',
      'kubernetes:',
      '3 kubernetes: is empty; must be an object with fields',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
  });
});

test('a check that could try for hours', () => {
  const slow = 'path: /health\n        attempts: 200\n        timeoutSeconds: 60';
  expect(after('path: /health', slow)).toEqual([
    '16 workloads[1].health[0].attempts: with these timeoutSeconds and intervalSeconds the check could try for 12398 s; lower one of the three so that it ends within 3600 s',
  ]);
});

test('HEAD with an expectation on the body', () => {
  const head = 'method: HEAD\n        expect: { bodyIncludes: ok }';
  expect(after('path: /health', head)).toEqual([
    '16 workloads[1].health[0].expect.bodyIncludes: the answer to HEAD has no body; use method GET',
  ]);
});

test('more approvals than approvers', () => {
  const policy = 'policies:\n  rollingUpdate:\n    approval: { required: true, approvers: [alice], minApprovals: 2 }\n';
  expect(after('notify:\n', `${policy}notify:\n`)).toEqual([
    '42 policies.rollingUpdate.approval.minApprovals: asks for 2 approvals but names only 1 person in approvers',
  ]);
});

test('all problems come at once, by line, although the schema already refuses some', () => {
  const text = SAMPLE.replace('title: Shop', 'titel: Shop')
    .replace('tier: data', 'tier: dat')
    .replace('max: 0.05', 'max: high')
    .replace('Europe/Berlin', 'Mars/Olympus')
    .replace('failure: [ops]', 'failure: [op]');
  expect(check(text).map(({ line, path }) => `${line} ${path}`)).toEqual([
    '1 title',
    '2 titel',
    '9 workloads[0].tier',
    '21 workloads[1].gates[0].max',
    '31 blackouts[0].timeZone',
    '41 notify.failure[0]',
  ]);
});

test('columns point at the key', () => {
  expect(check(SAMPLE.replace('tier: edge', 'tier: egde'))[0]).toMatchObject({ line: 11, column: 5 });
});
