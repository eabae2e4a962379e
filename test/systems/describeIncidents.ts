import { join } from 'node:path';
import { expect } from '@jest/globals';
import { checkSystemFile } from '../../systems/check.js';
import { folderWith, SAMPLE } from './describeFile.js';

/** Follows the sample's channels, which are at its end. */
const CHANNELS = `  duty:
    type: pagerduty
    routingKey: env:ROUTING_KEY
  post:
    type: mail
    host: mail.shop.example
    from: belay@shop.example
    to: [team@shop.example]
  phone:
    type: webhook
    url: https://voice.shop.example/calls
    secret: env:PHONE_SECRET
  public:
    type: statuspage
    pageId: gytm4qzbx9t6
    token: env:STATUSPAGE_API_KEY
  vault:
    type: slack
    channel: '#vault'
    token: env:SLACK_BOT_TOKEN
`;

/** One of everything; tests change one thing in it. */
const INCIDENTS = `people:
  ada:
    name: Ada
    slack: U012AB3CD
    pagerduty: PUSER1
    timeZone: Europe/Berlin
    contacts:
      - { channel: ops }
      - { channel: duty, afterSeconds: 60 }
  bob:
    name: Bob
    roles: [lead, security]
    email: bob@shop.example
    phone: +1-555-0100
    contacts:
      - { channel: post }
      - { channel: phone, afterSeconds: 30 }
rotas:
  primary:
    timeZone: Europe/Berlin
    start: 2026-01-05
    handoff: { every: week, at: '09:00' }
    people: [ada, bob]
    hours: { days: [monday, friday], from: '08:00', to: '20:00' }
    overrides:
      - { from: '2026-02-01T00:00:00Z', to: '2026-02-03T00:00:00Z', person: bob, reason: Travel }
      - { from: '2026-02-03T00:00:00Z', to: '2026-02-04T00:00:00Z', person: ada, reason: Fair }
    holidays:
      - { name: New Year, rrule: FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1, person: bob }
      - { name: Election, date: 2026-09-13 }
  outside:
    source: pagerduty
    schedule: PABC123
    token: env:PAGERDUTY_TOKEN
incidents:
  severities:
    - id: P1
      policy: ladder
      urgent: true
      phases:
        - { name: acknowledge, withinSeconds: 60 }
        - { name: triage, withinSeconds: 300 }
      updateSeconds: 900
      slowUpdateSeconds: 3600
      stakeholders: [post]
      customers: { channel: public }
    - id: P2
      policy: ladder
      pauseSeconds: 120
  policies:
    ladder:
      levels:
        - { name: First, afterSeconds: 0, notify: [{ rota: primary }, { channel: ops }] }
        - { name: Second, afterSeconds: 900, notify: [{ person: bob }], businessHoursOnly: true }
        - { name: Third, afterSeconds: 1800, notify: [{ rota: outside }] }
      fallback: [{ person: bob }]
      ackTimeoutSeconds: 3600
  rules:
    - { id: security, match: { alertname: 'Break.*' }, severity: P1, policy: ladder, kind: security }
    - { id: others, severityLabel: { label: severity, values: { critical: P1 } } }
  unmatched: P2
  channel: ops
  restricted: { channel: vault }
  businessHours: { timeZone: UTC, days: [monday], from: '09:00', to: '17:00' }
  sources:
    alerts: { type: alertmanager, tokens: [env:ALERTS_TOKEN] }
    calls: { type: pagerduty, secrets: [env:PAGERDUTY_SECRET], channel: duty }
  gateway: { url: https://belay.shop.example }
  routes:
    - { id: all, receiver: belay }
  runbooks:
    - { title: Web is slow, alerts: ['Slow.*'], start: { runbook: restart, input: { workloads: [web] } } }
  checklist:
    - { step: Contain, start: { runbook: emergencyShutdown } }
  postmortem: { severities: [P1], channel: ops }
`;

/** A valid description with people, rotas and incidents. */
export const INCIDENT_SAMPLE = SAMPLE.replace('notify:\n', `${CHANNELS}notify:\n`) + INCIDENTS;

/** What is wrong, what is replaced, by what, and the one problem that comes of it. */
export type Case = [string, string, string, string];

/** `path: message` of each problem, in the order of the lines. */
export function check(text: string): string[] {
  return checkSystemFile(join(folderWith({ 'shop.yaml': text }), 'shop.yaml')).map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

/** The same after one replacement in the sample. */
export function after(from: string, to: string): string[] {
  expect(INCIDENT_SAMPLE).toContain(from);
  return check(INCIDENT_SAMPLE.replace(from, to));
}
