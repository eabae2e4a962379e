import { describe, expect, test } from '@jest/globals';
import { after, type Case, check, INCIDENT_SAMPLE } from './describeIncidents.js';

describe('channels that cannot serve', () => {
  test.each<Case>([
    [
      'a status page for a person',
      '- { channel: duty,',
      '- { channel: public,',
      'people.ada.contacts[1].channel: is a channel of type statuspage, which reaches no person; name one of type slack, pagerduty, mail or webhook',
    ],
    [
      'mail for incidents',
      '  channel: ops\n',
      '  channel: post\n',
      'incidents.channel: is a channel of type mail, which cannot show an incident; name one of type slack or log',
    ],
    [
      'mail for security incidents',
      'restricted: { channel: vault }',
      'restricted: { channel: post }',
      'incidents.restricted.channel: is a channel of type mail, which cannot show an incident',
    ],
    [
      'PagerDuty for customers',
      'customers: { channel: public }',
      'customers: { channel: duty }',
      'incidents.severities[0].customers.channel: is a channel of type pagerduty, which is read by no customer',
    ],
    [
      "Slack for PagerDuty's events",
      'SECRET], channel: duty',
      'SECRET], channel: ops',
      'incidents.sources.calls.channel: is a channel of type slack, which sends no events; name one of type pagerduty',
    ],
    [
      'a status page for Alertmanager',
      'receiver: belay',
      'receiver: public',
      'incidents.routes[0].receiver: is a channel of type statuspage, which is no receiver of Alertmanager',
    ],
    [
      'mail that nobody reads',
      '    to: [team@shop.example]\n',
      '',
      'incidents.severities[0].stakeholders[0]: is a mail channel that nobody reads; add addresses to channels.post.to',
    ],
    [
      'the channel of everybody for security incidents',
      'restricted: { channel: vault }',
      'restricted: { channel: ops }',
      'incidents.restricted.channel: is the channel of all incidents, so everybody there would read them',
    ],
    [
      'mail in the clear',
      'host: mail.shop.example',
      'host: mail.shop.example\n    security: none',
      'channels.post.security: would send mails, and a password, in the clear over the network; use starttls or tls',
    ],
    [
      'a mail server with its port',
      'host: mail.shop.example',
      'host: mail.shop.example:25',
      'channels.post.host: must be the name or the address of a server alone; the port goes into `port`',
    ],
    [
      'a user without a password',
      'host: mail.shop.example',
      'host: mail.shop.example\n    user: belay',
      'channels.post.password: is missing; `user` is of no use without it',
    ],
    [
      'a literal password',
      'host: mail.shop.example',
      'host: mail.shop.example\n    user: belay\n    password: hunter2222',
      'channels.post.password: must be a reference: env:NAME',
    ],
    [
      'a secret in the address of a webhook',
      'https://voice.shop.example/calls',
      'https://voice.shop.example/calls?api_key=hunter2222',
      'channels.phone.url: looks like a secret in an address',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('people who cannot be reached', () => {
  test.each<Case>([
    [
      'in Slack',
      '    slack: U012AB3CD\n',
      '',
      'people.ada.contacts[0].channel: is a channel of type slack, and nothing says where this person is there; add `slack` to people.ada',
    ],
    [
      'by mail',
      '    email: bob@shop.example\n',
      '',
      'people.bob.contacts[0].channel: is a channel of type mail, and nothing says where this person is there; add `email`',
    ],
    [
      'by a webhook',
      '    slack: U012AB3CD\n',
      '    slack: U012AB3CD\n    email:\n',
      'people.ada.email: is empty; must be a text',
    ],
    [
      'by a provider of calls',
      '- { channel: duty, afterSeconds: 60 }',
      '- { channel: phone, afterSeconds: 60 }',
      'people.ada.contacts[1].channel: is a channel of type webhook, and nothing says where this person is there; add `phone` or `email` to people.ada',
    ],
    [
      'at all',
      '    contacts:\n      - { channel: ops }\n      - { channel: duty, afterSeconds: 60 }\n',
      '',
      'people.ada.contacts: says no way to reach this person, who is paged by rotas.primary.people[0]; add e.g. contacts',
    ],
    [
      'in the order that is written',
      '- { channel: post }',
      '- { channel: post, afterSeconds: 40 }',
      'people.bob.contacts[1].afterSeconds: comes before the way above it (40); ways are tried in the order',
    ],
    [
      'in that zone',
      'timeZone: Europe/Berlin\n    contacts',
      'timeZone: CEST\n    contacts',
      'people.ada.timeZone: "CEST" is not',
    ],
    ['with a bare name of Slack', 'slack: U012AB3CD', "slack: '@ada'", 'people.ada.slack: must be a Slack member id'],
    [
      'nobody may act',
      'roles: [lead, security]',
      'roles: [lead]',
      'incidents.restricted.roles: are held by none of `people`',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
  });
});

describe('times of rotas', () => {
  test.each<Case>([
    [
      'an unknown zone',
      'timeZone: Europe/Berlin\n    start',
      'timeZone: GMT+1\n    start',
      'rotas.primary.timeZone: "GMT+1"',
    ],
    [
      'hours of no length',
      "from: '08:00', to: '20:00'",
      "from: '08:00', to: '08:00'",
      'rotas.primary.hours.to: is the same as from (08:00); for day and night leave the hours out',
    ],
    ['a day twice', '[monday, friday]', '[monday, monday]', 'rotas.primary.hours.days[1]: monday stands twice'],
    [
      'an override that ends before it begins',
      "to: '2026-02-03T00:00:00Z'",
      "to: '2026-01-03T00:00:00Z'",
      'rotas.primary.overrides[0].to: is not after from (2026-02-01T00:00:00Z)',
    ],
    [
      'overrides that overlap',
      "from: '2026-02-03T00:00:00Z'",
      "from: '2026-02-03T00:30:00+01:00'",
      'rotas.primary.overrides[1].from: overlaps with overrides[0], so it is not clear who is on call; let one end',
    ],
    [
      'a holiday without a day',
      '{ name: Election, date: 2026-09-13 }',
      '{ name: Election }',
      'rotas.primary.holidays[1].date: is missing; write `date` for one day, or `rrule`',
    ],
    [
      'a holiday with both',
      'date: 2026-09-13',
      'date: 2026-09-13, rrule: FREQ=YEARLY',
      'rotas.primary.holidays[1].rrule: stands beside `date`; write only one of them',
    ],
    [
      'a rule that is none',
      'FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1',
      'every new year',
      'rotas.primary.holidays[0].rrule: is not a rule of RFC 5545; write e.g.',
    ],
    [
      'a shift of no days',
      "at: '09:00' }",
      "at: '09:00', count: 0 }",
      'rotas.primary.handoff.count: is 0; must be at least 1',
    ],
    ['a rota of nobody', '[ada, bob]', '[]', 'rotas.primary.people: is empty; must have at least one entry'],
    [
      'two kinds of rota in one',
      'schedule: PABC123',
      'schedule: PABC123\n    people: [ada]',
      'rotas.outside.people: does not go with `source`, `schedule`, `token`; remove the one or the other',
    ],
    ['a schedule by its name', 'PABC123', 'primary', "rotas.outside.schedule: must be a schedule's id, e.g. PABC123"],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
  });
});

test('a rota of another service whose people are unknown', () => {
  const text = INCIDENT_SAMPLE.replace('    slack: U012AB3CD\n', '')
    .replace('- { channel: ops }', '- { channel: duty }')
    .replace('source: pagerduty\n    schedule: PABC123', 'source: slack\n    userGroup: S0123ABCD');
  expect(check(text)).toEqual([
    'rotas.outside.source: leads to nobody: none of `people` has `slack`; add it to those who may be on call',
  ]);
});
