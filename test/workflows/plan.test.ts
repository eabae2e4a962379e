import { describe, expect, test } from '@jest/globals';
import type { WorkloadFacts } from '../../activities/kubernetes/types.js';
import type { ImageResolution } from '../../activities/types.js';
import { draftUpdate, finishPlan, type Observation, settle } from '../../workflows/rollingUpdate/plan.js';
import { rollingUpdateInput } from '../../workflows/rollingUpdate/runbook.js';
import { describeSystem } from './world.js';

const system = describeSystem('shop', ['web']);
const input = (more = {}) =>
  rollingUpdateInput.parse({
    system: 'shop',
    changes: [{ workload: 'web', image: 'web:2' }],
    reason: 'r',
    requestedBy: 'alice',
    ...more,
  });
const facts = (more: Partial<WorkloadFacts> = {}): WorkloadFacts => ({
  ref: { namespace: 'shop', kind: 'Deployment', name: 'web' },
  uid: 'u',
  generation: 1,
  templateHash: 'h',
  containers: [{ name: 'app', image: 'web:1' }],
  replicas: 2,
  paused: false,
  strategy: { type: 'RollingUpdate' },
  counts: { desired: 2, updated: 2, ready: 2, available: 2, total: 2, terminating: 0 },
  healthy: true,
  digests: {},
  owners: [],
  autoscalers: [],
  exhaustedBudgets: [],
  quotaProblems: [],
  missingRights: [],
  quarantined: [],
  ...more,
});
const resolved: ImageResolution = { status: 'resolved', digest: 'sha256:2', platforms: ['linux/amd64'] };
const observe = (more: Partial<WorkloadFacts> = {}, image: ImageResolution = resolved): Observation => ({
  change: { workload: 'web', image: 'web:2' },
  inspection: { found: true, facts: facts(more) },
  image,
  preview: { accepted: true, templateHash: 'h2' },
  lock: null,
});
const draft = (observation: Observation, more = {}, blackouts: string[] = []) =>
  draftUpdate(input(more), system, [observation], blackouts);
const entry = { image: 'web:2', digest: 'sha256:2', templateHash: 'h2', reason: 'crashed', run: 'r', at: 't' };

describe('a failed check is a problem with its cure', () => {
  test.each([
    ['paused', observe({ paused: true }), 'resumePaused'],
    ['OnDelete', observe({ strategy: { type: 'OnDelete' } }), 'OnDelete'],
    ['an owner', observe({ owners: [{ manager: 'Argo CD', detail: 'shop' }] }), 'overrideOwner'],
    ['rights', observe({ missingRights: ['patch deployments.apps'] }), 'patch deployments.apps'],
    ['quota', observe({ quotaProblems: ['quota pods has room for 0'] }), 'quota pods'],
    ['quarantine', observe({ quarantined: [entry] }), 'overrideQuarantine'],
    [
      'a lock',
      { ...observe(), lock: { workflowId: 'l', runId: 'r', type: 't', status: 's', memo: { holder: 'other/run' } } },
      'other/run',
    ],
    ['a missing image', observe({}, { status: 'notFound', message: 'web:2 not found' }), 'not found'],
    ['a wrong platform', observe({}, { ...resolved, platforms: ['linux/arm64'] }), 'linux/arm64'],
    [
      'a refused dry run',
      { ...observe(), preview: { accepted: false, message: 'denied by policy' } },
      'denied by policy',
    ],
    [
      'no such workload',
      { ...observe(), inspection: { found: false as const, problem: 'does not exist in shop' } },
      'does not exist',
    ],
    [
      'several containers',
      observe({
        containers: [
          { name: 'web', image: 'a' },
          { name: 'side', image: 'b' },
        ].map((one) => ({ ...one, name: `${one.name}-x` })),
      }),
      'web-x, side-x',
    ],
  ])('%s', (_name, observation, words) => {
    const { problems } = draft(observation);
    expect(problems.map((problem) => problem.message).join('; ')).toContain(words);
  });

  test('all of them are listed, not only the first', () => {
    const { problems } = draft(
      observe({ paused: true, owners: [{ manager: 'Helm', detail: 'x' }], missingRights: ['get secrets'] }),
      {},
      ['freeze'],
    );
    expect(problems.map((problem) => problem.check).toSorted()).toEqual(['blackout', 'owner', 'paused', 'rights']);
  });

  test.each([
    ['paused', observe({ paused: true }), { resumePaused: true }],
    ['owner', observe({ owners: [{ manager: 'Flux', detail: 'x' }] }), { overrideOwner: true }],
    ['quarantine', observe({ quarantined: [entry] }), { overrideQuarantine: true }],
    ['blackout', observe(), { overrideBlackout: true }],
  ])('%s can be overridden', (check, observation, more) => {
    expect(draft(observation, more, check === 'blackout' ? ['freeze'] : []).problems).toEqual([]);
  });
});

test('an unreachable registry is a warning or a problem, as the policy says', () => {
  const unreachable: ImageResolution = { status: 'unreachable', message: 'timed out' };
  expect(draft(observe({}, unreachable))).toMatchObject({
    problems: [],
    warnings: [expect.stringContaining('timed out')],
  });
  const strict = describeSystem('shop', ['web'], {
    policies: { rollingUpdate: { images: { unreachable: 'refuse' } } },
  });
  expect(draftUpdate(input(), strict, [observe({}, unreachable)], []).problems).toHaveLength(1);
});

test('an unhealthy present state is a question, unless it is known', () => {
  const sick = observe({ healthy: false, unhealthyBecause: '1 of 2 ready' });
  expect(draft(sick)).toMatchObject({ problems: [], questions: [expect.stringContaining('1 of 2 ready')] });
  expect(draft(sick, { allowUnhealthy: true }).questions).toEqual([]);
});

test("the plan's hash covers what matters and nothing that moves by itself", () => {
  const plan = (observation: Observation, more = {}) =>
    finishPlan(draft(observation, more), settle(input(more), system), system, 's').hash;
  expect(plan(observe({ generation: 7, replicas: 9 }))).toBe(plan(observe()));
  expect(plan(observe({ templateHash: 'other' }))).not.toBe(plan(observe()));
  expect(plan(observe(), { bakeSeconds: 5 })).not.toBe(plan(observe()));
});

test('a pinned digest is written when the policy asks for it', () => {
  const pinning = describeSystem('shop', ['web'], { policies: { rollingUpdate: { images: { pinDigest: true } } } });
  expect(draftUpdate(input(), pinning, [observe()], []).changes[0]?.to).toBe('web:2@sha256:2');
});
