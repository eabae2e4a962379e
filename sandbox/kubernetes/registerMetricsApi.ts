import type { V1APIService, V1ClusterRole, V1Service } from '@kubernetes/client-node';
import { createOnce, type Cluster } from './client.js';

/** Makes the API server forward metrics.k8s.io to `port` on this machine, as it does to metrics-server in a real cluster. */
export async function registerMetricsApi(cluster: Cluster, port: number, ca: string): Promise<void> {
  const service: V1Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics-server', namespace: 'kube-system' },
    // An ExternalName is the only kind of Service that may lead to loopback.
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  };
  const apiService: V1APIService = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      service: { name: 'metrics-server', namespace: 'kube-system', port },
      caBundle: Buffer.from(ca).toString('base64'),
    },
  };
  const reader: V1ClusterRole = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'system:aggregated-metrics-reader',
      labels: {
        'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
        'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
        'rbac.authorization.k8s.io/aggregate-to-view': 'true',
      },
    },
    rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list'] }],
  };
  for (const object of [service, apiService, reader]) await createOnce(cluster, object);
}
