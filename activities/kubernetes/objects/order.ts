import { kindName, type Thing } from './model.js';

/**
 * The order in which Velero restores, with two changes: quotas come last, because the server refuses everything that a fresh quota
 * counts until its controller has looked at it; services come before the workloads that find them by environment variables.
 */
const ORDER = [
  'CustomResourceDefinition.apiextensions.k8s.io',
  'Namespace',
  'StorageClass.storage.k8s.io',
  'PriorityClass.scheduling.k8s.io',
  'IngressClass.networking.k8s.io',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Secret',
  'ConfigMap',
  'ServiceAccount',
  'ClusterRole.rbac.authorization.k8s.io',
  'ClusterRoleBinding.rbac.authorization.k8s.io',
  'Role.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'LimitRange',
  'NetworkPolicy.networking.k8s.io',
  'Service',
  'PodDisruptionBudget.policy',
];
const LATE = [
  'Pod',
  'ReplicaSet.apps',
  'DaemonSet.apps',
  'StatefulSet.apps',
  'Deployment.apps',
  'Job.batch',
  'CronJob.batch',
  'HorizontalPodAutoscaler.autoscaling',
  'Ingress.networking.k8s.io',
  'ResourceQuota',
];

const RANK = new Map([
  ...ORDER.map((kind, at) => [kind, at - 1_000] as const),
  ...LATE.map((kind, at) => [kind, at + 1] as const),
]);

/** Sorted as they must be restored; equal ones by name, so that two backups of the same objects are equal. Pure. */
export function inRestoreOrder(things: readonly Thing[]): Thing[] {
  const key = (thing: Thing) => [kindName(thing), thing.metadata.namespace ?? '', thing.metadata.name].join('\n');
  const rank = (thing: Thing) => RANK.get(kindName(thing)) ?? 0;
  return things.toSorted((a, b) => rank(a) - rank(b) || compare(key(a), key(b)));
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
