import { describe, expect, test } from '@jest/globals';
import { after, type Case, check, INCIDENT_SAMPLE } from './describeIncidents.js';

const LEVELS = 'incidents.policies.ladder.levels';

describe('ladders and clocks', () => {
  test.each<Case>([
    [
      'a level before the one above it',
      'Third, afterSeconds: 1800',
      'Third, afterSeconds: 600',
      `${LEVELS}[2].afterSeconds: is not after the level above it (900), which would be skipped`,
    ],
    [
      'two levels at once',
      'Third, afterSeconds: 1800',
      'Third, afterSeconds: 900',
      `${LEVELS}[2].afterSeconds: is not after the level above it (900)`,
    ],
    ['no level', /levels:[^]*?(?= +fallback)/.exec(INCIDENT_SAMPLE)?.[0] ?? '', 'levels: []\n', `${LEVELS}: is empty`],
    [
      'a level for nobody',
      'notify: [{ person: bob }]',
      'notify: []',
      `${LEVELS}[1].notify: is empty; must have at least one entry`,
    ],
    [
      'a target with two aims',
      'notify: [{ person: bob }]',
      'notify: [{ person: bob, rota: primary }]',
      `${LEVELS}[1].notify[0].person: does not go with \`rota\`; remove the one or the other`,
    ],
    [
      'a target without an aim',
      'notify: [{ person: bob }]',
      'notify: [{}]',
      `${LEVELS}[1].notify[0]: must say one of \`rota\`, \`person\`, \`channel\``,
    ],
    [
      'a target by its bare name',
      'notify: [{ person: bob }]',
      'notify: [bob]',
      `${LEVELS}[1].notify[0]: is a text; must be an object with fields (rota, person, channel)`,
    ],
    [
      'hours that are not described',
      "  businessHours: { timeZone: UTC, days: [monday], from: '09:00', to: '17:00' }\n",
      '',
      `${LEVELS}[1].businessHoursOnly: waits for hours that are not described; add \`incidents.businessHours\``,
    ],
    [
      'hours in no zone',
      '{ timeZone: UTC, days',
      '{ timeZone: Mars, days',
      'incidents.businessHours.timeZone: "Mars" is not',
    ],
    [
      'business hours of no length',
      "to: '17:00'",
      "to: '09:00'",
      'incidents.businessHours.to: is the same as from (09:00)',
    ],
    [
      'asking that ends before it begins',
      'ackTimeoutSeconds: 3600',
      'ackTimeoutSeconds: 3600\n      ackCapSeconds: 60',
      'incidents.policies.ladder.ackCapSeconds: ends the asking before it begins (ackTimeoutSeconds is 3600); raise it',
    ],
    [
      'an answer that nobody asks for',
      'ackTimeoutSeconds: 3600',
      'onUnack: restart',
      'incidents.policies.ladder.onUnack: says nothing without `ackTimeoutSeconds`; add that, or take this away',
    ],
    [
      'phases out of order',
      'acknowledge, withinSeconds: 60',
      'mitigate, withinSeconds: 60',
      'incidents.severities[0].phases[1].name: triage stands after mitigate; name each once, in the order acknowledge, triage',
    ],
    [
      'a phase twice',
      'triage, withinSeconds: 300',
      'acknowledge, withinSeconds: 300',
      'incidents.severities[0].phases[1].name: acknowledge stands after acknowledge',
    ],
    [
      'a phase that ends before the one above it',
      'triage, withinSeconds: 300',
      'triage, withinSeconds: 30',
      'incidents.severities[0].phases[1].withinSeconds: is less than that of acknowledge (60)',
    ],
    [
      'a pause before an urgent page',
      'updateSeconds: 900',
      'updateSeconds: 900\n      pauseSeconds: 60',
      'incidents.severities[0].pauseSeconds: would hold back a page of an urgent severity',
    ],
    [
      'a pause over the first level',
      'pauseSeconds: 120',
      'pauseSeconds: 900',
      'incidents.severities[1].pauseSeconds: lasts until the second level of ladder is due (900), so the first would be',
    ],
    [
      'updates that become more frequent',
      'slowUpdateSeconds: 3600',
      'slowUpdateSeconds: 60',
      'incidents.severities[0].slowUpdateSeconds: is less than updateSeconds (900)',
    ],
    [
      'slower updates of none',
      '      updateSeconds: 900\n',
      '',
      'incidents.severities[0].slowUpdateSeconds: says nothing without `updateSeconds`',
    ],
    ['a severity twice', '- id: P2', '- id: P1', 'incidents.severities[1].id: "P1" is named twice'],
    [
      'a reminder after the end',
      'postmortem: { ',
      'postmortem: { remindSeconds: [60, 172800], ',
      'incidents.postmortem.remindSeconds[1]: reminds after the postmortem is due (dueSeconds is 172800)',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    // A severity whose id is gone is missed by others.
    if (expected.includes('severities[1].id')) return;
    expect(problems).toHaveLength(1);
  });

  test('a ladder that pages nobody', () => {
    const text = INCIDENT_SAMPLE.replace(/\{ rota: \w+ \}|\{ person: \w+ \}/g, '{ channel: ops }');
    expect(check(text)).toEqual([
      `${LEVELS}: tells channels but pages nobody, so nobody would answer; add a level with a rota or a person`,
    ]);
  });
});

describe('rules, routes and sources', () => {
  test.each<Case>([
    [
      'a broken expression',
      "alertname: 'Break.*'",
      "alertname: 'Break(.*'",
      'incidents.rules[0].match.alertname: is not a regular expression (Unterminated group)',
    ],
    [
      'an expression that can take forever',
      "alerts: ['Slow.*']",
      "alerts: ['(S+)+']",
      'incidents.runbooks[0].alerts[0]: repeats a repetition, e.g. (a+)+, which can take forever',
    ],
    [
      'a rule that hides the others',
      "match: { alertname: 'Break.*' }, ",
      '',
      'incidents.rules[0].match: matches every alert, so the rules after it are never taken; move it to the end',
    ],
    [
      'a rule that hides the others with an expression',
      "'Break.*'",
      "'.*'",
      'incidents.rules[0].match: matches every alert, so the rules after it are never taken',
    ],
    [
      'a rule by a name that is taken',
      'id: others',
      'id: unmatched',
      'incidents.rules[1].id: is what alerts without a rule are listed under',
    ],
    ['a rule twice', 'id: others', 'id: security', 'incidents.rules[1].id: "security" is named twice'],
    [
      'a route that hides the others',
      '- { id: all, receiver: belay }',
      '- { id: all, receiver: belay }\n    - { id: calls, receiver: duty }',
      'incidents.routes[0].match: matches every alert, so the routes after it are never taken',
    ],
    [
      'repeats that are more frequent than groups',
      'receiver: belay',
      'receiver: belay, repeatIntervalSeconds: 60',
      'incidents.routes[0].repeatIntervalSeconds: is less than groupIntervalSeconds (300)',
    ],
    [
      'a route to a gateway without an address',
      '  gateway: { url: https://belay.shop.example }\n',
      '',
      'incidents.routes[0].receiver: leads to the gateway, whose address is not known; add `incidents.gateway',
    ],
    [
      'a gateway that takes no alerts',
      '    alerts: { type: alertmanager, tokens: [env:ALERTS_TOKEN] }\n',
      '',
      'incidents.sources: is of no use to Alertmanager without a source; add one with type: alertmanager',
    ],
    [
      'a literal token',
      'env:ALERTS_TOKEN',
      'hunter2222',
      'incidents.sources.alerts.tokens[0]: must be a reference: env:NAME',
    ],
    [
      'an unknown type of source',
      'type: alertmanager',
      'type: alertmanger',
      'incidents.sources.alerts.type: "alertmanger" is not allowed; must be one of "alertmanager", "pagerduty", "slack", "bot"',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('hunter2');
  });
});
