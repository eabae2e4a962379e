import { describe, expect, test } from '@jest/globals';
import type { VerbInput, VerbName } from '../../../workflows/kit/messages.js';
import type { Decision, Phase, RunStatus } from '../../../workflows/kit/types.js';
import { refusal, type VerbState } from '../../../workflows/kit/verbs.js';

const decision = (verb: string, actor = 'bob'): Decision => ({
  verb,
  actor,
  reason: '',
  at: '2026-01-01T00:00:00Z',
  accepted: true,
  answer: '',
});
const status = (phase: Phase, more: Partial<RunStatus> = {}): RunStatus => ({
  runbook: 'r',
  workflowId: 'w',
  dryRun: false,
  phase,
  headline: '',
  steps: [],
  decisions: [],
  locks: [],
  ...more,
});
const approval = { planHash: 'p', requestedBy: 'alice', approvers: [], minApprovals: 1, expiresAt: 1_000 };
const ask = (verb: VerbName, one: RunStatus, state: Partial<VerbState> = {}, input: Partial<VerbInput> = {}, now = 0) =>
  refusal(verb, { actor: 'bob', ...input }, one, { approvals: [], promotable: false, ...state }, now);
const held = status('held', { hold: { name: 'h', question: 'q', options: { accept: 'a', abort: 'b' }, since: '' } });

describe('a verb is refused with the reason', () => {
  test.each([
    ['no actor', ask('pause', status('running'), {}, { actor: ' ' }), '"actor" is missing'],
    [
      'a reason of a wrong type',
      ask('pause', status('running'), {}, { reason: 5 as unknown as string }),
      '"reason" must be text',
    ],
    ['approve when nobody asked', ask('approve', status('running')), 'not waiting for an approval'],
    [
      'approve by the requester',
      ask('approve', status('awaitingApproval'), { approval }, { actor: 'alice', planHash: 'p' }),
      'cannot approve it',
    ],
    [
      'approve of another plan',
      ask('approve', status('awaitingApproval'), { approval }, { planHash: 'q' }),
      '"planHash" must be',
    ],
    [
      'approve after expiry',
      ask('approve', status('awaitingApproval'), { approval }, { planHash: 'p' }, 1_000),
      'time for an approval is over',
    ],
    [
      'approve by somebody not listed',
      ask(
        'approve',
        status('awaitingApproval'),
        { approval: { ...approval, approvers: ['carol'] } },
        { planHash: 'p' },
      ),
      'carol may',
    ],
    [
      'approve twice',
      ask('approve', status('awaitingApproval'), { approval, approvals: [decision('approve')] }, { planHash: 'p' }),
      'has approved already',
    ],
    ['pause twice', ask('pause', status('paused'), { paused: decision('pause', 'carol') }), 'already paused by carol'],
    ['pause in a rollback', ask('pause', status('rollingBack')), 'not paused half-way'],
    ['resume when not paused', ask('resume', status('running')), 'not paused'],
    [
      'abort twice',
      ask('abort', status('running'), { aborted: decision('abort', 'carol') }),
      'already aborted by carol',
    ],
    ['abort in a rollback', ask('abort', status('rollingBack')), 'rolling back already'],
    ['abort after success', ask('abort', status('running'), { committed: true }), 'start the rollback runbook'],
    ['promote without a bake', ask('promote', status('running')), 'no bake'],
    ['accept when not held', ask('accept', status('running')), 'not held'],
    ['retryRollback where it is no option', ask('retryRollback', held), 'not held'],
    [
      'accept after another decided',
      ask('accept', held, { chosen: decision('abort', 'carol') }),
      'already decided: abort by carol',
    ],
    ['anything after the end', ask('abort', status('done')), 'has ended'],
  ])('%s', (_name, answer, expected) => {
    expect(answer).toContain(expected);
  });
});

test.each([
  ['approve', ask('approve', status('awaitingApproval'), { approval }, { planHash: 'p' }, 999)],
  ['reject', ask('reject', status('awaitingApproval'), { approval })],
  ['pause', ask('pause', status('running'))],
  ['resume', ask('resume', status('paused'), { paused: decision('pause') })],
  ['abort while planning', ask('abort', status('planning'))],
  ['abort as option of a hold', ask('abort', held, { aborted: decision('abort') })],
  ['promote in a bake', ask('promote', status('running'), { promotable: true })],
  ['accept in a hold', ask('accept', held)],
])('%s works where it means something', (_name, answer) => {
  expect(answer).toBeUndefined();
});
