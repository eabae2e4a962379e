import { describe, expect, test } from '@jest/globals';
import {
  type ActionCommand,
  type ActionOptions,
  deedOf,
  durationMs,
  type Known,
} from '../../client/cli/commands/incidentActions.js';
import { incidentText, timelineText } from '../../client/cli/commands/incidentText.js';
import { UsageError } from '../../client/cli/errors.js';
import { matchId } from '../../client/incidents/find.js';
import { entries, T0, view } from '../workflows/postmortem/samples.js';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const known: Known = {
  now: NOW,
  view: () => Promise.resolve(view({ level: 1 })),
  incidentId: (wanted) => Promise.resolve(`incident/shop/${wanted}`),
};

describe('what a command asks of the incident', () => {
  const cases: [ActionCommand, string | undefined, ActionOptions, object][] = [
    ['ack', undefined, {}, { type: 'acknowledge' }],
    ['escalate', undefined, {}, { type: 'escalate', expectedLevel: 1 }],
    ['escalate', undefined, { expectedLevel: '3' }, { type: 'escalate', expectedLevel: 2 }],
    ['escalate', undefined, { expectedLevel: '0' }, { type: 'escalate', expectedLevel: -1 }],
    ['resolve', undefined, {}, { type: 'resolve' }],
    ['reassign', 'bob', {}, { type: 'reassign', to: 'bob' }],
    ['reassign', 'bob', { expectedOwner: 'ada' }, { type: 'reassign', to: 'bob', expectedOwner: 'ada' }],
    ['reassign', 'bob', { expectedOwner: 'nobody' }, { type: 'reassign', to: 'bob', expectedOwner: null }],
    ['snooze', undefined, { for: '2h' }, { type: 'snooze', until: NOW + 7_200_000 }],
    ['snooze', undefined, { until: '2026-11-21T12:00:00+01:00' }, { type: 'snooze', until: NOW + 3_600_000 }],
    ['snooze', undefined, { end: true }, { type: 'snooze', until: null }],
    ['severity', 'P2', {}, { type: 'setSeverity', severity: 'P2' }],
    ['update', 'All well', {}, { type: 'postUpdate', text: 'All well' }],
    ['update', 'All well', { audience: 'public' }, { type: 'postUpdate', text: 'All well', audience: 'public' }],
    ['note', 'Seen', {}, { type: 'note', text: 'Seen' }],
    ['advance', 'triage', {}, { type: 'advance', phase: 'triage' }],
    ['merge', 'x', {}, { type: 'merge', into: 'incident/shop/x' }],
    ['apply-policy', undefined, {}, { type: 'applyPolicy' }],
    ['apply-policy', 'night', {}, { type: 'applyPolicy', policy: 'night' }],
    ['check', '1', {}, { type: 'checkStep', step: 0 }],
    ['noise', 'false-positive', {}, { type: 'markNoise', noise: 'falsePositive' }],
  ];

  test.each(cases)('%s %s %j', async (command, argument, options, expected) => {
    expect(await deedOf(command, argument, options, known)).toEqual(expected);
  });

  test.each<[ActionCommand, string | undefined, ActionOptions]>([
    ['escalate', undefined, { expectedLevel: 'two' }],
    ['escalate', undefined, { expectedLevel: '-1' }],
    ['snooze', undefined, {}],
    ['snooze', undefined, { for: '2h', end: true }],
    ['snooze', undefined, { for: 'soon' }],
    ['snooze', undefined, { until: 'soon' }],
    ['update', 'x', { audience: 'all' }],
    ['check', '0', {}],
    ['check', 'x', {}],
    ['noise', 'constructor', {}],
  ])('%s %s %j is a usage error', async (command, argument, options) => {
    await expect(deedOf(command, argument, options, known)).rejects.toThrow(UsageError);
  });

  test.each([
    ['45s', 45_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['2', undefined],
    ['h', undefined],
    ['2w', undefined],
  ])('%s is %s ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});

describe('an id by a part of it', () => {
  const ids = [
    'incident/shop/checkout-fails-1a2b3c4d',
    'incident/shop/checkout/0011223344556677',
    'incident/shop/disk/aabbccdd00112233',
    'incident/mill/disk/ffeeddcc00112233',
  ];

  test.each([
    ['incident/shop/disk/aabbccdd00112233', { id: ids[2] }],
    ['shop/checkout/0011223344556677', { id: ids[1] }],
    ['checkout-fails', { id: ids[0] }],
    ['ffee', { id: ids[3] }],
    ['disk', { several: [ids[2], ids[3]] }],
    ['shop/disk', { id: ids[2] }],
    ['checkout/0011223344556677', { id: ids[1] }],
    ['nothing', { nothing: true }],
    ['kout', { nothing: true }],
  ])('%s', (wanted, expected) => {
    expect(matchId(wanted, ids)).toEqual(expected);
  });
});

describe('what a person reads', () => {
  test('state, owner, level from one, targets, checklist with numbers, runs', () => {
    const text = incidentText(
      view({
        phase: 'acknowledged',
        levels: 4,
        checklist: [{ step: 'Isolate', doneBy: 'ada', doneAt: T0 }, { step: 'Preserve' }],
        runs: [{ workflowId: 'rollback/shop/1', runbook: 'rollback', by: 'ada', at: T0, outcome: 'succeeded' }],
      }),
      T0 + 3_600_000,
    );
    expect(text).toMatch(/^Checkout fails\nincident\/shop\//);
    expect(text).toMatch(/state +acknowledged, owner ada/);
    expect(text).toMatch(/level +1 of 4 \(on call\)/);
    expect(text).toMatch(/opened +2026-11-21 03:02:00 UTC \(58 m 00 s ago\)/);
    expect(text).toMatch(/resolve +2026-11-21 03:32:00 +MISSED/);
    expect(text).toMatch(/1\. +\[x\] +Isolate \(ada\)\n +2\. +\[ \] +Preserve/);
    expect(text).toMatch(/succeeded +rollback +rollback\/shop\/1/);
  });

  test('a line for each entry of the timeline', () => {
    expect(timelineText(entries.slice(2, 4))).toBe(
      '2026-11-21 03:04:00  page    Paged: ada\n2026-11-21 03:08:00  action  ada has acknowledged  [slack]',
    );
  });
});
