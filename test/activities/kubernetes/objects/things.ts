import type { Thing } from '../../../../activities/kubernetes/objects/model.js';

const VERSIONS: Record<string, string> = {
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  Ingress: 'networking.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  StorageClass: 'storage.k8s.io/v1',
  PriorityClass: 'scheduling.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Lease: 'coordination.k8s.io/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Widget: 'example.com/v1',
};
const OUTSIDE = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'StorageClass',
  'PriorityClass',
  'CustomResourceDefinition',
  'Namespace',
  'PersistentVolume',
]);

/** An object `x`, in namespace `shop` when its kind has one. */
export const thing = (kind: string, fields: Record<string, unknown> = {}, metadata: object = {}): Thing => ({
  apiVersion: VERSIONS[kind] ?? 'v1',
  kind,
  ...fields,
  metadata: { name: 'x', ...(OUTSIDE.has(kind) ? {} : { namespace: 'shop' }), ...metadata },
});
