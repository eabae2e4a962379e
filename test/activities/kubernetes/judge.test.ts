import { describe, expect, test } from '@jest/globals';
import type { Pod, Workload } from '../../../activities/kubernetes/model/objects.js';
import { ownedPods } from '../../../activities/kubernetes/rollout/ownedPods.js';
import type { WorkloadKind, WorkloadRef } from '../../../activities/kubernetes/types.js';
import { Guard } from '../../../activities/kubernetes/watch/guardPods.js';
import { judge } from '../../../activities/kubernetes/watch/judge.js';
import { type Memory, newMemory, remember } from '../../../activities/kubernetes/watch/memory.js';
import type { View } from '../../../activities/kubernetes/watch/observation.js';
import {
  condition,
  controllerRevision,
  died,
  identity,
  pod,
  replicaSet,
  template,
  waiting,
  workload,
} from './samples.js';

const refOf = (kind: WorkloadKind): WorkloadRef => ({ namespace: 'prod', kind, name: 'web' });
const rolling = { updatedReplicas: 1, replicas: 3, readyReplicas: 2, availableReplicas: 2 };
const doomed = waiting('CrashLoopBackOff');

interface Case {
  kind?: WorkloadKind;
  workload?: Workload;
  pods?: Pod[];
  sets?: ReturnType<typeof replicaSet>[];
}

function viewOf({ kind = 'Deployment', ...given }: Case): View {
  const pods = (given.pods ?? [pod('web-1'), pod('web-2')]).map((one): Pod => {
    if (kind === 'Deployment') return one;
    const ownerReferences = [{ apiVersion: 'apps/v1', kind, name: 'web', uid: 'uid-web' }];
    const hash = kind === 'DaemonSet' ? 'new' : 'web-new';
    return { ...one, metadata: { ...one.metadata, ownerReferences, labels: { 'controller-revision-hash': hash } } };
  });
  const revisions =
    kind === 'Deployment'
      ? { replicaSets: given.sets ?? [replicaSet()], controllerRevisions: [] }
      : { replicaSets: [], controllerRevisions: [controllerRevision(kind)] };
  return { workload: given.workload ?? workload(kind), revisions, pods };
}

/** Looks at each case in turn, one memory for all, `seconds` apart. */
function look(cases: Case[], seconds = 1, memory: Memory = newMemory()) {
  let now = 1_000_000;
  let finding;
  for (const one of cases) {
    const kind = one.kind ?? 'Deployment';
    const view = viewOf(one);
    const owned = view.workload
      ? ownedPods(kind, view.workload, view.revisions, view.pods, identity.templateHash)
      : { newPods: [], oldPods: [] };
    remember(memory, kind, identity, view, owned, now);
    finding = judge(refOf(kind), identity, view, owned, memory, now);
    now += seconds * 1_000;
  }
  return finding;
}

describe('judge', () => {
  test.each<WorkloadKind>(['Deployment', 'StatefulSet', 'DaemonSet'])('a finished %s is complete', (kind) => {
    expect(look([{ kind }])).toMatchObject({
      outcome: 'complete',
      summary: `${kind} web is rolled out: 2 of 2 pods available.`,
    });
  });

  test('is complete only when the ReplicaSet of our template exists', () => {
    const other = replicaSet();
    const spec = { template: { ...template, spec: { containers: [{ name: 'app', image: 'other' }] } } };
    expect(look([{ sets: [] }])).toBeUndefined();
    expect(look([{ sets: [{ ...other, spec }] }])).toBeUndefined();
  });

  test('is complete only when the ReplicaSet is owned by this very Deployment', () => {
    const stranger = replicaSet();
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'another' };
    expect(
      look([{ sets: [{ ...stranger, metadata: { ...stranger.metadata, ownerReferences: [owner] } }] }]),
    ).toBeUndefined();
  });

  test('one restart is tolerated and told, two are not', () => {
    const once = look([{ pods: [pod('web-1', { restartCount: 1, lastState: died(137, 'OOMKilled') }), pod('web-2')] }]);
    expect(once?.outcome).toBe('complete');
    expect(once?.summary).toContain('restarted once since the change (exit code 137, OOMKilled)');
    const twice = look([{ pods: [pod('web-1', { restartCount: 2, lastState: died(1) }), pod('web-2')] }]);
    expect(twice).toMatchObject({ outcome: 'failed', culprits: [{ pod: 'web-1', exitCode: 1, restarts: 2 }] });
  });

  test('somebody else: superseded, replaced, deleted; a stale read is none of them', () => {
    const theirs = workload('Deployment', {}, { template: { spec: { containers: [] } } });
    expect(look([{ workload: theirs }])).toMatchObject({ outcome: 'superseded' });
    expect(look([{ workload: { ...theirs, metadata: { ...theirs.metadata, generation: 1 } } }])).toBeUndefined();
    const anew = workload('Deployment');
    expect(look([{ workload: { ...anew, metadata: { ...anew.metadata, uid: 'new' } } }])).toMatchObject({
      outcome: 'replaced',
    });
    const leaving = { ...anew.metadata, deletionTimestamp: '2026-05-01T10:00:09Z' };
    expect(look([{ workload: { ...anew, metadata: leaving } }])).toMatchObject({ outcome: 'replaced' });
  });

  test('a Deployment fails early only when all of its new pods are doomed and its ReplicaSet’s status is fresh', () => {
    const busy = workload('Deployment', rolling);
    const both = [pod('web-1', doomed), pod('web-2', doomed)];
    expect(look([{ workload: busy, pods: both }])).toMatchObject({ outcome: 'failed' });
    expect(look([{ workload: busy, pods: [pod('web-1', doomed), pod('web-2')] }])).toBeUndefined();
    expect(look([{ workload: busy, pods: [pod('web-1', doomed)] }])).toBeUndefined();
    expect(
      look([{ workload: busy, pods: both, sets: [replicaSet({ observedGeneration: 0, replicas: 2 })] }]),
    ).toBeUndefined();
  });

  test.each<WorkloadKind>(['StatefulSet', 'DaemonSet'])('a %s fails early with any doomed pod', (kind) => {
    const busy = workload(kind, { readyReplicas: 1, numberReady: 1 });
    const finding = look([{ kind, workload: busy, pods: [pod('web-1', doomed), pod('web-2')] }]);
    expect(finding).toMatchObject({ outcome: 'failed', culprits: [{ pod: 'web-1', reason: 'CrashLoopBackOff' }] });
  });

  test('pods that leave or were evicted do not count', () => {
    const leaving = pod('web-1');
    leaving.metadata.deletionTimestamp = '2026-05-01T10:00:09Z';
    const evicted = pod('web-2', {}, { phase: 'Failed', reason: 'Evicted' });
    const sets = [replicaSet({ observedGeneration: 1, replicas: 1 })];
    const pods = [leaving, evicted, pod('web-3', doomed)];
    expect(look([{ workload: workload('Deployment', rolling), pods, sets }])).toMatchObject({ outcome: 'failed' });
  });

  describe('unschedulable pods', () => {
    const message = '0/2 nodes are available: 2 Insufficient cpu.';
    const homeless = (more = {}) =>
      pod(
        'web-1',
        { ready: false },
        { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable', { message })], ...more },
      );
    const stuck: Case = {
      workload: workload('Deployment', rolling),
      pods: [homeless()],
      sets: [replicaSet({ observedGeneration: 1, replicas: 1 })],
    };

    test('fail after 15 s and not before', () => {
      expect(look([stuck, stuck], 14)).toBeUndefined();
      expect(look([stuck, stuck], 16)).toMatchObject({
        outcome: 'failed',
        summary: 'pod web-1 fits on no node: 0/2 nodes are available: 2 Insufficient cpu.',
      });
    });

    test('wait for an autoscaler that brings a node, and for a preemption', () => {
      const memory = newMemory();
      memory.scalingUp.add('uid-web-1');
      expect(look([stuck, stuck], 60, memory)).toBeUndefined();
      const preempting = { ...stuck, pods: [homeless({ nominatedNodeName: 'node-a' })] };
      expect(look([preempting, preempting], 60)).toBeUndefined();
    });
  });

  test('a quota that lets no pod come fails after 10 s, unless it comes free', () => {
    const conditions = [condition('ReplicaFailure', 'True', 'FailedCreate', { message: 'exceeded quota: tight' })];
    const none: Case = {
      workload: workload('Deployment', rolling),
      pods: [],
      sets: [replicaSet({ observedGeneration: 1, replicas: 0, conditions })],
    };
    expect(look([none, none], 9)).toBeUndefined();
    expect(look([none, none], 11)).toMatchObject({
      outcome: 'failed',
      summary: 'No new pod can be created: exceeded quota: tight.',
    });
    const free = {
      ...none,
      pods: [pod('web-1', { ready: false })],
      sets: [replicaSet({ observedGeneration: 1, replicas: 1 })],
    };
    expect(look([none, free, free], 11)).toBeUndefined();
  });
});

describe('Guard', () => {
  function guard(rounds: Pod[][], seconds: number) {
    const memory = newMemory();
    const watching = new Guard(refOf('Deployment'), identity);
    let now = 1_000_000;
    let finding;
    for (const pods of rounds) {
      const view = viewOf({ pods });
      const seen = { view, owned: { newPods: pods, oldPods: [] }, memory, now };
      finding = watching.judge(seen);
      if (finding) return finding;
      now += seconds * 1_000;
    }
    const pods = rounds.at(-1) ?? [];
    return watching.atEnd({ view: viewOf({ pods }), owned: { newPods: pods, oldPods: [] }, memory, now });
  }
  const up = [pod('web-1')];
  const down = [pod('web-1', { ready: false })];
  const restarted = (restartCount: number) => [pod('web-1', { restartCount, lastState: died(1) })];

  test.each<[string, Pod[][], number, string | undefined]>([
    ['stays up', [up, up], 5, 'complete'],
    ['a restart from the rollout before', [restarted(1), restarted(1)], 5, 'complete'],
    ['a restart', [up, restarted(1)], 5, 'failed'],
    ['a second restart', [restarted(1), restarted(2)], 5, 'failed'],
    ['readiness lost for a moment', [up, down, up], 5, 'complete'],
    ['readiness lost for longer', [up, down, down, down], 6, 'failed'],
    ['readiness lost just now, at the end', [up, down], 6, undefined],
    ['readiness that flaps', [up, down, up, down, up, down], 5, 'failed'],
    ['a crash', [up, [pod('web-1', doomed)]], 5, 'failed'],
    [
      'a new pod that starts slowly',
      [up, [...up, pod('web-2', { ready: false })], [...up, pod('web-2', { ready: false })]],
      20,
      'complete',
    ],
    ['no pod left', [up, []], 5, 'failed'],
  ])('%s', (_, rounds, seconds, outcome) => {
    expect(guard(rounds, seconds)?.outcome).toBe(outcome);
  });
});
