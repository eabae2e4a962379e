import { describe, expect, test } from '@jest/globals';
import type { Workload, WorkloadStatus } from '../../../activities/kubernetes/model/objects.js';
import { creationFailure, progressDeadlineExceeded } from '../../../activities/kubernetes/rollout/controllerVerdict.js';
import { unfinished } from '../../../activities/kubernetes/rollout/rolloutStatus.js';
import type { WorkloadKind } from '../../../activities/kubernetes/types.js';
import { condition, later, replicaSet, T0, workload } from './samples.js';

type Row = [what: string, kind: WorkloadKind, status: WorkloadStatus, spec: Partial<Workload['spec']>, open: string[]];

const available = condition('Available', 'True', 'MinimumReplicasAvailable');
const progressing = (reason: string, more = {}) => condition('Progressing', 'True', reason, more);

describe('unfinished', () => {
  test.each<Row>([
    ['complete', 'Deployment', {}, {}, []],
    ['complete', 'StatefulSet', {}, {}, []],
    ['complete', 'DaemonSet', {}, {}, []],
    ['not observed yet', 'Deployment', { observedGeneration: 1 }, {}, ['the controller has not seen the change yet']],
    ['not updated', 'Deployment', { updatedReplicas: 1 }, {}, ['1 of 2 updated']],
    ['old pods left', 'Deployment', { replicas: 3 }, {}, ['1 old pod still there']],
    ['not ready', 'Deployment', { readyReplicas: 1, availableReplicas: 1 }, {}, ['1 of 2 ready', '1 of 2 available']],
    ['ready but not available (minReadySeconds)', 'Deployment', { availableReplicas: 0 }, {}, ['0 of 2 available']],
    ['absent counts', 'Deployment', { updatedReplicas: undefined as never }, {}, ['0 of 2 updated']],
    [
      'Available is False',
      'Deployment',
      { conditions: [condition('Available', 'False', 'X'), progressing('NewReplicaSetAvailable')] },
      {},
      ['the Available condition is not True'],
    ],
    [
      'still progressing',
      'Deployment',
      { conditions: [available, progressing('ReplicaSetUpdated')] },
      {},
      ['the Progressing condition says ReplicaSetUpdated yet'],
    ],
    [
      'no deadline, so no Progressing',
      'Deployment',
      { conditions: [available] },
      { progressDeadlineSeconds: 2_147_483_647 },
      [],
    ],
    [
      'scaled to zero, all gone',
      'Deployment',
      { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 },
      { replicas: 0 },
      [],
    ],
    [
      'scaled to zero, one left',
      'Deployment',
      { replicas: 1, updatedReplicas: 0 },
      { replicas: 0 },
      ['1 old pod still there'],
    ],
    ['ready but not available', 'StatefulSet', { availableReplicas: 1 }, {}, ['1 of 2 available']],
    [
      'other revision current',
      'StatefulSet',
      { currentRevision: 'web-old' },
      {},
      ['the current revision is not the update revision yet'],
    ],
    [
      'partition reached',
      'StatefulSet',
      { currentRevision: 'web-old', updatedReplicas: 1 },
      { updateStrategy: { rollingUpdate: { partition: 1 } } },
      [],
    ],
    [
      'partition not reached',
      'StatefulSet',
      { updatedReplicas: 0 },
      { updateStrategy: { rollingUpdate: { partition: 1 } } },
      ['0 of 1 updated'],
    ],
    [
      'partition above replicas',
      'StatefulSet',
      { updatedReplicas: 0 },
      { updateStrategy: { rollingUpdate: { partition: 9 } } },
      [],
    ],
    ['not updated', 'DaemonSet', { updatedNumberScheduled: 1 }, {}, ['1 of 2 updated']],
    ['not available', 'DaemonSet', { numberAvailable: 1 }, {}, ['1 of 2 available']],
    ['not created', 'DaemonSet', { currentNumberScheduled: 1 }, {}, ['1 of 2 created']],
  ])('%s: %s', (_, kind, status, spec, open) => {
    expect(unfinished(kind, workload(kind, status, spec))).toEqual(open);
  });
});

describe('progressDeadlineExceeded', () => {
  const exceeded = (lastUpdateTime: string): WorkloadStatus => ({
    conditions: [progressing('ProgressDeadlineExceeded', { status: 'False', lastUpdateTime })],
  });
  const words = 'ProgressDeadlineExceeded happened';

  test.each<[string, WorkloadStatus, Partial<Workload['spec']>, number, string | undefined]>([
    ['fresh', exceeded(later(30)), {}, 0, words],
    ['from before our write', exceeded(later(-30)), {}, 60_000, undefined],
    ['from the second of our write', exceeded(T0), {}, 60_000, undefined],
    ['old, but nothing has moved for the whole deadline', exceeded(later(-30)), {}, 601_000, words],
    ['another reason', { conditions: [progressing('ReplicaSetUpdated')] }, {}, 900_000, undefined],
    ['about an earlier generation', { ...exceeded(later(30)), observedGeneration: 1 }, {}, 0, undefined],
    ['while paused', exceeded(later(30)), { paused: true }, 0, undefined],
  ])('%s', (_, status, spec, stillMs, expected) => {
    expect(progressDeadlineExceeded(workload('Deployment', status, spec), 2, T0, stillMs)).toBe(expected);
  });
});

describe('creationFailure', () => {
  const failing = [condition('ReplicaFailure', 'True', 'FailedCreate', { message: 'exceeded quota' })];

  test.each<[string, Parameters<typeof replicaSet>[0] | null, WorkloadStatus, string | undefined]>([
    ['a ReplicaSet without any pod', { replicas: 0, conditions: failing }, {}, 'exceeded quota'],
    ['a ReplicaSet with some pods', { replicas: 1, conditions: failing }, {}, undefined],
    ['a healthy ReplicaSet', { replicas: 2 }, {}, undefined],
    ['no ReplicaSet', null, { conditions: [progressing('ReplicaSetCreateError')] }, 'ReplicaSetCreateError happened'],
    [
      'no ReplicaSet, but the condition is old',
      null,
      { conditions: [progressing('ReplicaSetCreateError', { lastUpdateTime: T0 })] },
      undefined,
    ],
  ])('%s', (_, set, status, expected) => {
    const of = set === null ? undefined : replicaSet(set);
    expect(creationFailure(workload('Deployment', status), T0, of)).toBe(expected);
  });
});
