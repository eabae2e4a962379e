import { describe, expect, test } from '@jest/globals';
import { actIfPermitted, systemOf, type Attempt } from '../../../client/gateway/security/permitted.js';
import {
  TemporalAway,
  type IdentifiedAction,
  type IncidentPort,
  type IncidentSummary,
} from '../../../client/incidents/port.js';
import type { ActionName, Actor, IncidentView } from '../../../workflows/incident/types.js';
import { describe as systemCalled } from '../ground.js';

const system = systemCalled('shop', 'http://127.0.0.1:1/api/');
const ID = 'incident/shop/unmatched/0123456789abcdef';
const BREACH = 'incident/shop/breach/0123456789abcdef';
const OPENED = 1_800_000_000_000;

const actor = (person: string): Actor => ({ id: person, person, via: 'slack', proved: true });
const source: Actor = { id: 'Who (PagerDuty)', via: 'pagerduty' };

const view = (more: Partial<IncidentView> = {}): IncidentView => ({
  incident: ID,
  title: 'Disk is full',
  system: 'shop',
  kind: 'operational',
  severity: 'P3',
  phase: 'triggered',
  exhausted: false,
  flapping: false,
  openedAt: OPENED,
  triggeredAt: OPENED,
  level: 0,
  firing: 1,
  alerts: [],
  suggested: [],
  clocks: [],
  runs: [],
  checklist: [],
  reopened: 0,
  ...more,
});

/** Incidents that answer with these views, or, where there is none, have no worker that could. */
function port(views: Record<string, IncidentView>, open: string[] = Object.keys(views)) {
  const acted: { incident: string; action: IdentifiedAction }[] = [];
  const incidents: IncidentPort = {
    deliver: () => Promise.reject(new Error('not used')),
    open: () => Promise.reject(new Error('not used')),
    state: (id) => (views[id] ? Promise.resolve(views[id]) : Promise.reject(new TemporalAway('no worker'))),
    list: () =>
      Promise.resolve(open.map((incident): IncidentSummary => ({ incident, system: 'shop', openedAt: OPENED }))),
    act: (incident, action) => {
      acted.push({ incident, action });
      return Promise.resolve({ accepted: true, answer: 'Done.' });
    },
  };
  return { incidents, acted };
}

function attempt(type: 'acknowledge' | 'note' | 'resolve' | 'escalate', more: Partial<Attempt> = {}): Attempt {
  const by = more.actor ?? actor('rob');
  return {
    system,
    incident: ID,
    actor: by,
    requestId: 'r1',
    action: (seen) => {
      if (type === 'note') return { type, actor: by, text: 'x' };
      if (type === 'escalate') return seen && { type, actor: by, expectedLevel: seen.level };
      return { type, actor: by };
    },
    ...more,
  };
}

describe('an incident that answers', () => {
  test('is acted on under the request’s id', async () => {
    const { incidents, acted } = port({ [ID]: view() });
    expect((await actIfPermitted(incidents, attempt('acknowledge'))).answer.accepted).toBe(true);
    expect(acted).toEqual([{ incident: ID, action: { type: 'acknowledge', actor: actor('rob'), requestId: 'r1' } }]);
  });

  const refused: [
    string,
    Partial<IncidentView>,
    Partial<Attempt>,
    ActionName & ('resolve' | 'acknowledge' | 'escalate'),
    string,
  ][] = [
    ['a responder’s resolve', {}, {}, 'resolve', 'NOT_ALLOWED'],
    ['somebody who is none of the people', {}, { actor: actor('nobody') }, 'acknowledge', 'UNKNOWN_PERSON'],
    ['a name out of the object’s own', {}, { actor: actor('constructor') }, 'acknowledge', 'UNKNOWN_PERSON'],
    ['a restricted incident', { kind: 'security' }, {}, 'acknowledge', 'RESTRICTED'],
    ['an escalation to the last level', { level: 2 }, {}, 'escalate', 'NOT_ALLOWED'],
    ['a message of an earlier incident', {}, { seenAt: OPENED - 1 }, 'acknowledge', 'OTHER_INCIDENT'],
    ['a source that resolves', {}, { actor: source, bySource: true }, 'resolve', 'UNKNOWN_PERSON'],
    ['a source, restricted', { kind: 'security' }, { actor: source, bySource: true }, 'acknowledge', 'UNKNOWN_PERSON'],
  ];
  test.each(refused)('refuses %s', async (_name, more, how, type, code) => {
    const { incidents, acted } = port({ [ID]: view(more) });
    expect((await actIfPermitted(incidents, attempt(type, how))).answer).toMatchObject({ accepted: false, code });
    expect(acted).toEqual([]);
  });

  test('lets its source acknowledge', async () => {
    const { incidents, acted } = port({ [ID]: view() });
    await actIfPermitted(incidents, attempt('acknowledge', { actor: source, bySource: true }));
    expect(acted).toHaveLength(1);
  });

  test('that was merged passes on to the other, under the other’s rules, and never to another system', async () => {
    const parent = view({ incident: BREACH, kind: 'security' });
    const { incidents, acted } = port({ [ID]: view({ mergedInto: BREACH }), [BREACH]: parent });
    expect((await actIfPermitted(incidents, attempt('acknowledge'))).answer.code).toBe('RESTRICTED');
    await actIfPermitted(incidents, attempt('acknowledge', { actor: actor('sue') }));
    expect(acted.map(({ incident }) => incident)).toEqual([BREACH]);
    const elsewhere = port({ [ID]: view({ mergedInto: 'incident/other/rule/0123456789abcdef' }) });
    await actIfPermitted(elsewhere.incidents, attempt('acknowledge'));
    expect(elsewhere.acted.map(({ incident }) => incident)).toEqual([ID]);
  });
});

describe('an incident that no worker answers for', () => {
  const handedOver: [string, Attempt][] = [
    ['an acknowledgement', attempt('acknowledge', { seenAt: OPENED })],
    ['a note', attempt('note')],
    ['a source’s acknowledgement', attempt('acknowledge', { actor: source, bySource: true })],
    ['of a restricted one, from its roles', attempt('acknowledge', { incident: BREACH, actor: actor('sue') })],
  ];
  test.each(handedOver)('still gets %s', async (_name, given) => {
    const { incidents, acted } = port({}, [ID, BREACH]);
    expect((await actIfPermitted(incidents, given)).answer.accepted).toBe(true);
    expect(acted).toMatchObject([{ incident: given.incident, action: { requestId: 'r1' } }]);
  });

  const opened = 'incident/shop/opened-by-hand-01234567';
  const away: [string, Attempt][] = [
    ['a resolve, which depends on the owner', attempt('resolve')],
    ['an escalation, which depends on the level', attempt('escalate')],
    ['of a restricted one, from others', attempt('acknowledge', { incident: BREACH })],
    ['of one whose kind its id does not tell', attempt('acknowledge', { incident: opened })],
    ['of a rule that is gone', attempt('acknowledge', { incident: 'incident/shop/gone/0123456789abcdef' })],
    ['a stranger’s', attempt('acknowledge', { actor: actor('nobody') })],
    ['perhaps of an earlier incident', attempt('acknowledge', { seenAt: OPENED - 1 })],
    ['of one that is not open', attempt('acknowledge', { incident: 'incident/shop/unmatched/ffffffffffffffff' })],
    ['a source’s, restricted', attempt('acknowledge', { incident: BREACH, actor: source, bySource: true })],
  ];
  test.each(away)('gets nothing: %s', async (_name, given) => {
    const { incidents, acted } = port({}, [ID, BREACH, opened, 'incident/shop/gone/0123456789abcdef']);
    await expect(actIfPermitted(incidents, given)).rejects.toThrow(TemporalAway);
    expect(acted).toEqual([]);
  });
});

test.each([
  ['incident/shop/rule/0123', 'shop'],
  ['incident/shop/disk-is-full-01234567', 'shop'],
  ['incident/shop/', undefined],
  ['incident/shop', undefined],
  ['rollingUpdate/shop/x', undefined],
  ['x/incident/shop/y', undefined],
])('the system of %s is %s', (id, expected) => {
  expect(systemOf(id)).toBe(expected);
});
