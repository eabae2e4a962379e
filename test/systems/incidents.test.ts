import { describe, expect, test } from '@jest/globals';
import { after, type Case, check, INCIDENT_SAMPLE } from './describeIncidents.js';

test('the sample is right', () => {
  expect(check(INCIDENT_SAMPLE)).toEqual([]);
});

test.each([
  ['mail in the clear to the same machine', 'host: mail.shop.example', 'host: 127.0.0.1\n    security: none'],
  ['a shift over midnight', "from: '08:00', to: '20:00'", "from: '20:00', to: '08:00'"],
  ['the same way twice, later', '{ channel: duty, afterSeconds: 60 }', '{ channel: ops, afterSeconds: 60 }'],
  ['a person who is never paged and has no contact', 'rotas:\n', '  eve: { name: Eve }\nrotas:\n'],
  ['phases that end together', 'triage, withinSeconds: 300', 'triage, withinSeconds: 60'],
  ['a pause that ends before the second level', 'pauseSeconds: 120', 'pauseSeconds: 899'],
  ['a rule for all alerts at the end', "match: { alertname: 'Break.*' }", 'match: { a: b }'],
])('%s is right', (_, from, to) => {
  expect(after(from, to)).toEqual([]);
});

const LEVELS = 'incidents.policies.ladder.levels';

describe('names that lead nowhere', () => {
  test.each<Case>([
    [
      'policy of a severity',
      'policy: ladder\n      pause',
      'policy: lader\n      pause',
      'incidents.severities[1].policy: there is no policy "lader"; did you mean "ladder"? Or add it to `incidents.policies`',
    ],
    [
      'policy of a rule',
      'severity: P1, policy: ladder',
      'severity: P1, policy: x',
      'incidents.rules[0].policy: there is no policy "x"; known policies: ladder. Or add it to `incidents.policies`',
    ],
    [
      'severity of a rule',
      'severity: P1, policy',
      'severity: P9, policy',
      'incidents.rules[0].severity: there is no severity "P9"; did you mean "P1"? Or add it to `incidents.severities`',
    ],
    [
      'severity of a label',
      '{ critical: P1 }',
      '{ critical: worst }',
      'incidents.rules[1].severityLabel.values.critical: there is no severity "worst"; known severities: P1, P2. Or add it',
    ],
    [
      'severity of the rest',
      'unmatched: P2',
      'unmatched: p2',
      'incidents.unmatched: there is no severity "p2"; did you',
    ],
    [
      'severity of a postmortem',
      'severities: [P1], channel',
      'severities: [P7], channel',
      'incidents.postmortem.severities[0]: there is no severity "P7"',
    ],
    [
      'rota of a level',
      '{ rota: primary }, ',
      '{ rota: primry }, ',
      `${LEVELS}[0].notify[0].rota: there is no rota "primry"; did you mean "primary"? Or add it to \`rotas\``,
    ],
    [
      'person of a level',
      'notify: [{ person: bob }]',
      'notify: [{ person: rob }]',
      `${LEVELS}[1].notify[0].person: there is no person "rob"; did you mean "bob"? Or add it to \`people\``,
    ],
    [
      'person of a fallback',
      'fallback: [{ person: bob }]',
      'fallback: [{ person: carol }]',
      'incidents.policies.ladder.fallback[0].person: there is no person "carol"; known people: ada, bob',
    ],
    [
      'channel of a level',
      '{ channel: ops }] }',
      '{ channel: opps }] }',
      `${LEVELS}[0].notify[1].channel: there is no channel "opps"; did you mean "ops"? Or add it to \`channels\``,
    ],
    ['person of a rota', '[ada, bob]', '[ada, rob]', 'rotas.primary.people[1]: there is no person "rob"; did you mean'],
    [
      'person of an override',
      'person: bob, reason',
      'person: dan, reason',
      'rotas.primary.overrides[0].person: there is no person "dan"',
    ],
    [
      'person of a holiday',
      'BYMONTHDAY=1, person: bob',
      'BYMONTHDAY=1, person: dan',
      'rotas.primary.holidays[0].person: there is no person "dan"',
    ],
    [
      'channel of a contact',
      '- { channel: duty,',
      '- { channel: dutty,',
      'people.ada.contacts[1].channel: there is no channel "dutty"; did you mean "duty"?',
    ],
    [
      'channel of stakeholders',
      'stakeholders: [post]',
      'stakeholders: [boss]',
      'incidents.severities[0].stakeholders[0]: there is no channel "boss"',
    ],
    [
      'channel of customers',
      'customers: { channel: public }',
      'customers: { channel: publik }',
      'incidents.severities[0].customers.channel: there is no channel "publik"; did you mean "public"?',
    ],
    ['channel of incidents', '  channel: ops\n', '  channel: oops\n', 'incidents.channel: there is no channel "oops"'],
    [
      'channel of security incidents',
      'restricted: { channel: vault }',
      'restricted: { channel: valt }',
      'incidents.restricted.channel: there is no channel "valt"; did you mean "vault"?',
    ],
    [
      'channel of a postmortem',
      '[P1], channel: ops',
      '[P1], channel: oops',
      'incidents.postmortem.channel: there is no channel "oops"',
    ],
    [
      'channel of a source',
      'SECRET], channel: duty',
      'SECRET], channel: dusty',
      'incidents.sources.calls.channel: there is no channel "dusty"; did you mean "duty"?',
    ],
    [
      'receiver of a route',
      'receiver: belay',
      'receiver: belai',
      'incidents.routes[0].receiver: there is no channel "belai"',
    ],
    [
      'role',
      'restricted: { channel: vault }',
      'restricted: { channel: vault, roles: [securty] }',
      'incidents.restricted.roles[0]: there is no role "securty"; did you mean "security"?',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
  });
});

test('mistakes in several sections come at once', () => {
  const text = INCIDENT_SAMPLE.replace('slack: U012AB3CD', 'slack: ada')
    .replace('[ada, bob]', '[ada, rob]')
    .replace('Third, afterSeconds: 1800', 'Third, afterSeconds: 600')
    .replace('unmatched: P2', 'unmatched: P3');
  expect(check(text).map((problem) => problem.split(':')[0])).toEqual([
    'people.ada.slack',
    'rotas.primary.people[1]',
    'incidents.policies.ladder.levels[2].afterSeconds',
    'incidents.unmatched',
  ]);
});
