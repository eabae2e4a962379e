import { describe, expect, test } from '@jest/globals';
import {
  authorise,
  maySee,
  nextIsLast,
  type IncidentFacts,
  type Standing,
} from '../../../client/gateway/security/authorise.js';
import { actionNames, type ActionName } from '../../../workflows/incident/types.js';
import type { Role } from '../../../systems/peopleSchema.js';

const RESTRICTED = ['security', 'executive'];
const person = (...roles: Role[]): Standing => ({ id: 'alice', roles });
const facts = (more: Partial<IncidentFacts> = {}): IncidentFacts => ({
  kind: 'operational',
  owner: 'bob',
  level: 0,
  levels: 4,
  ...more,
});
const may = (action: ActionName, who: Standing | undefined, incident: IncidentFacts): boolean =>
  authorise(action, who, incident, RESTRICTED).allowed;

const everybody: ActionName[] = ['acknowledge', 'escalate', 'note', 'postUpdate', 'linkRun', 'checkStep', 'markNoise'];
const ownerOrLead: ActionName[] = ['resolve', 'advance'];
const leadOnly: ActionName[] = ['reassign', 'setSeverity', 'snooze', 'merge', 'applyPolicy'];

/** What each kind of person may do, spelled out; everything that is not named is refused. */
const matrix: [string, Standing | undefined, Partial<IncidentFacts>, readonly ActionName[]][] = [
  ['somebody unknown', undefined, {}, []],
  ['somebody unknown, security incident', undefined, { kind: 'security' }, []],
  ['a responder', person('responder'), {}, everybody],
  ['the owner', person('responder'), { owner: 'alice' }, [...everybody, ...ownerOrLead]],
  ['a lead', person('lead'), {}, actionNames],
  ['a lead who is a responder too', person('responder', 'lead'), {}, actionNames],
  ['an executive', person('executive'), {}, everybody],
  ['somebody of security, ordinary incident', person('security'), {}, everybody],
  ['a responder, security incident', person('responder'), { kind: 'security' }, []],
  ['the owner without the role, security incident', person('responder'), { kind: 'security', owner: 'alice' }, []],
  ['a lead, security incident', person('lead'), { kind: 'security' }, []],
  ['somebody of security, security incident', person('security'), { kind: 'security' }, actionNames],
  ['an executive, security incident', person('executive'), { kind: 'security' }, everybody],
  ['an executive lead, security incident', person('executive', 'lead'), { kind: 'security' }, actionNames],
  ['a responder before the last level', person('responder'), { level: 2 }, everybody.filter((a) => a !== 'escalate')],
  ['a responder at the last level', person('responder'), { level: 3 }, everybody.filter((a) => a !== 'escalate')],
  ['an executive before the last level', person('executive'), { level: 2 }, everybody],
  ['a lead before the last level', person('lead'), { level: 2 }, actionNames],
  ['a responder on a ladder of two levels', person('responder'), { level: 0, levels: 2 }, everybody],
  ['a responder on a ladder of one level', person('responder'), { level: 0, levels: 1 }, everybody],
];

describe('who may do what', () => {
  test('the table names every action once', () => {
    expect([...everybody, ...ownerOrLead, ...leadOnly].toSorted()).toEqual([...actionNames].toSorted());
  });

  const cells = matrix.flatMap(([name, who, more, mayDo]) =>
    actionNames.map((action) => [name, action, mayDo.includes(action), who, more] as const),
  );
  test.each(cells)('%s, %s: %s', (_name, action, expected, who, more) => {
    expect(may(action, who, facts(more))).toBe(expected);
  });

  test('an empty owner is nobody, not everybody', () => {
    const { owner: _owner, ...unowned } = facts();
    const refusal = authorise('resolve', person('responder'), unowned, RESTRICTED);
    expect(refusal).toMatchObject({ allowed: false, code: 'NOT_ALLOWED' });
    expect(refusal).toHaveProperty('why', expect.stringContaining('acknowledge it first'));
  });

  test.each([
    ['UNKNOWN_PERSON', undefined, {}],
    ['RESTRICTED', person('lead'), { kind: 'security' as const }],
    ['NOT_ALLOWED', person('responder'), {}],
  ])('a refusal says %s', (code, who, more) => {
    expect(authorise('snooze', who, facts(more), RESTRICTED)).toMatchObject({ allowed: false, code });
  });

  test('the roles of restricted incidents are those of the system', () => {
    expect(authorise('note', person('lead'), facts({ kind: 'security' }), ['lead']).allowed).toBe(true);
    expect(authorise('note', person('security'), facts({ kind: 'security' }), ['lead']).allowed).toBe(false);
    expect(authorise('note', person('security'), facts({ kind: 'security' }), []).allowed).toBe(false);
  });

  test.each([
    ['anybody known sees an ordinary incident', person('responder'), 'operational' as const, true],
    ['a stranger sees none', undefined, 'operational' as const, false],
    ['a responder sees no security incident', person('responder'), 'security' as const, false],
    ['security sees it', person('security'), 'security' as const, true],
  ])('%s', (_name, who, kind, expected) => {
    expect(maySee(who, kind, RESTRICTED)).toBe(expected);
  });

  test.each([
    [-1, 4, false],
    [1, 4, false],
    [2, 4, true],
    [3, 4, true],
    [0, 3, false],
    [1, 3, true],
    [0, 2, false],
    [1, 2, false],
    [0, 1, false],
  ])('from level %d of %d the next is for leads: %s', (level, levels, expected) => {
    expect(nextIsLast({ level, levels })).toBe(expected);
  });
});
