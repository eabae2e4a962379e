import type {
  Condition,
  ContainerStatus,
  ControllerRevision,
  Pod,
  PodTemplate,
  ReplicaSet,
  Workload,
  WorkloadStatus,
} from '../../../activities/kubernetes/model/objects.js';
import { templateHash } from '../../../activities/kubernetes/model/templateHash.js';
import type { WorkloadKind, WriteIdentity } from '../../../activities/kubernetes/types.js';

/** Objects as an API server sends them, in the state of a finished rollout of two replicas; tests vary them. */
export const T0 = '2026-05-01T10:00:00Z';
export const later = (seconds: number): string =>
  new Date(Date.parse(T0) + seconds * 1_000).toISOString().replace('.000Z', 'Z');

export const template: PodTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image: 'team/web:2.0' }] },
};

export const identity: WriteIdentity = {
  uid: 'uid-web',
  generation: 2,
  templateHash: templateHash(template),
  at: T0,
  changed: true,
};

export const condition = (type: string, status: string, reason: string, more: Partial<Condition> = {}): Condition => ({
  type,
  status,
  reason,
  message: `${reason} happened`,
  lastUpdateTime: later(5),
  lastTransitionTime: later(5),
  ...more,
});

const conditions = [
  condition('Available', 'True', 'MinimumReplicasAvailable'),
  condition('Progressing', 'True', 'NewReplicaSetAvailable'),
];

const finished: Record<WorkloadKind, WorkloadStatus> = {
  Deployment: {
    observedGeneration: 2,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    conditions,
  },
  StatefulSet: {
    observedGeneration: 2,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    currentRevision: 'web-new',
    updateRevision: 'web-new',
  },
  DaemonSet: {
    observedGeneration: 2,
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    updatedNumberScheduled: 2,
    numberReady: 2,
    numberAvailable: 2,
  },
};

export function workload(
  kind: WorkloadKind,
  status: WorkloadStatus = {},
  spec: Partial<Workload['spec']> = {},
): Workload {
  return {
    metadata: { name: 'web', namespace: 'prod', uid: 'uid-web', generation: 2 },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template,
      ...(kind === 'Deployment' ? { progressDeadlineSeconds: 600 } : {}),
      ...spec,
    },
    status: { ...finished[kind], ...status },
  };
}

export const replicaSet = (status: ReplicaSet['status'] = { observedGeneration: 1, replicas: 2 }): ReplicaSet => ({
  metadata: {
    name: 'web-5d',
    uid: 'uid-rs',
    generation: 1,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' }],
    annotations: { 'deployment.kubernetes.io/revision': '2' },
  },
  spec: {
    template: { ...template, metadata: { labels: { app: 'web', 'pod-template-hash': '5d' } } },
  },
  ...(status ? { status } : {}),
});

export const controllerRevision = (kind: WorkloadKind): ControllerRevision => ({
  metadata: {
    name: 'web-new',
    uid: 'uid-rev',
    labels: kind === 'DaemonSet' ? { 'controller-revision-hash': 'new' } : {},
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'web', uid: 'uid-web' }],
  },
  revision: 2,
  data: { spec: { template: { ...template, $patch: 'replace' } } },
});

export function pod(name: string, status: Partial<ContainerStatus> = {}, more: Pod['status'] = {}): Pod {
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      creationTimestamp: later(1),
      labels: { app: 'web' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d', uid: 'uid-rs' }],
    },
    spec: template.spec,
    status: {
      phase: 'Running',
      conditions: [condition('Ready', status.ready === false ? 'False' : 'True', 'ContainersReady')],
      containerStatuses: [
        { name: 'app', image: 'team/web:2.0', ready: true, restartCount: 0, state: { running: {} }, ...status },
      ],
      ...more,
    },
  };
}

export const waiting = (reason: string, message?: string): Partial<ContainerStatus> => ({
  ready: false,
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
});

export const died = (exitCode: number, reason = 'Error', at = later(3)) => ({
  terminated: { exitCode, reason, finishedAt: at },
});
