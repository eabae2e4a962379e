import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { create } from '../support.js';

const image = 'registry.example.com/team/web:1.0';
const pod = { containers: [{ name: 'app', image, env: [{ name: 'MODE', value: 'plain-env-value' }] }] };
const template = (app: string, more = {}) => ({ metadata: { labels: { app } }, spec: { ...pod, ...more } });
const workload = (app: string, more = {}) => ({ selector: { matchLabels: { app } }, template: template(app), ...more });
const job = { template: { spec: { ...pod, restartPolicy: 'Never' } } };

/** Value that must never be seen outside of a payload. */
export const SECRET_VALUE = 'correct-horse-battery-staple';

/** One object of every kind that matters, by the path that it is created under. */
export function everyKind(namespace: string, tag: string): [path: string, body: object][] {
  const core = `/api/v1/namespaces/${namespace}`;
  const group = (name: string) => `/apis/${name}/namespaces/${namespace}`;
  const rbac = 'rbac.authorization.k8s.io';
  const crd = `widgets.${tag}.example.com`;
  return [
    [
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      {
        metadata: { name: crd },
        spec: {
          group: `${tag}.example.com`,
          scope: 'Namespaced',
          names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          ],
        },
      },
    ],
    ['/apis/storage.k8s.io/v1/storageclasses', { metadata: { name: `fast-${tag}` }, provisioner: 'example.com/none' }],
    [
      `/apis/${rbac}/v1/clusterroles`,
      { metadata: { name: `reader-${tag}` }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    ],
    [
      `/apis/${rbac}/v1/clusterrolebindings`,
      {
        metadata: { name: `reader-${tag}` },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: `reader-${tag}` },
        subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace }],
      },
    ],
    [`${core}/configmaps`, { metadata: { name: 'settings', annotations: { owner: 'ada' } }, data: { mode: 'fast' } }],
    [`${core}/secrets`, { metadata: { name: 'key', labels: { of: 'web' } }, stringData: { password: SECRET_VALUE } }],
    [`${core}/serviceaccounts`, { metadata: { name: 'robot' } }],
    [
      `${core}/persistentvolumeclaims`,
      {
        metadata: { name: 'data' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: `fast-${tag}`,
          resources: { requests: { storage: '1Gi' } },
        },
      },
    ],
    [
      `${core}/limitranges`,
      { metadata: { name: 'limits' }, spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } },
    ],
    [
      `${group(`${rbac}/v1`)}/roles`,
      { metadata: { name: 'own' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }] },
    ],
    [
      `${group(`${rbac}/v1`)}/rolebindings`,
      {
        metadata: { name: 'own' },
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'own' },
        subjects: [
          { kind: 'ServiceAccount', name: 'robot', namespace },
          { apiGroup: rbac, kind: 'Group', name: `system:serviceaccounts:${namespace}` },
        ],
      },
    ],
    [
      `${group('networking.k8s.io/v1')}/networkpolicies`,
      { metadata: { name: 'deny' }, spec: { podSelector: {}, policyTypes: ['Ingress'] } },
    ],
    [
      `${core}/services`,
      { metadata: { name: 'web' }, spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }] } },
    ],
    [`${core}/services`, { metadata: { name: 'db' }, spec: { clusterIP: 'None', selector: { app: 'db' } } }],
    [
      `${group('policy/v1')}/poddisruptionbudgets`,
      { metadata: { name: 'web' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } },
    ],
    [`${group('apps/v1')}/deployments`, { metadata: { name: 'web' }, spec: workload('web', { replicas: 2 }) }],
    [
      `${group('apps/v1')}/statefulsets`,
      {
        metadata: { name: 'db' },
        spec: workload('db', {
          replicas: 1,
          serviceName: 'db',
          volumeClaimTemplates: [
            {
              metadata: { name: 'data' },
              spec: {
                accessModes: ['ReadWriteOnce'],
                storageClassName: `fast-${tag}`,
                resources: { requests: { storage: '1Gi' } },
              },
            },
          ],
        }),
      },
    ],
    [`${group('apps/v1')}/daemonsets`, { metadata: { name: 'agent' }, spec: workload('agent') }],
    [
      `${group('batch/v1')}/cronjobs`,
      { metadata: { name: 'nightly' }, spec: { schedule: '0 3 * * *', jobTemplate: { spec: job } } },
    ],
    [`${group('batch/v1')}/jobs`, { metadata: { name: 'once' }, spec: { ...job, suspend: true } }],
    [`${core}/pods`, { metadata: { name: 'bare' }, spec: pod }],
    [
      `${group('autoscaling/v2')}/horizontalpodautoscalers`,
      {
        metadata: { name: 'web' },
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 4 },
      },
    ],
    [
      `${group('networking.k8s.io/v1')}/ingresses`,
      {
        metadata: { name: 'web' },
        spec: {
          rules: [
            {
              host: `${tag}.example.com`,
              http: {
                paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
              },
            },
          ],
        },
      },
    ],
    [`${core}/resourcequotas`, { metadata: { name: 'quota' }, spec: { hard: { pods: '20' } } }],
    [`/apis/${tag}.example.com/v1/namespaces/${namespace}/widgets`, { metadata: { name: 'one' }, spec: { size: 3 } }],
  ];
}

/** Creates them all; the custom resource as soon as its definition is served. */
export async function createEveryKind(clients: KubeClients, namespace: string, tag: string): Promise<void> {
  const kinds: Record<string, string> = { [`/apis/${tag}.example.com/v1/namespaces/${namespace}/widgets`]: 'Widget' };
  for (const [path, body] of everyKind(namespace, tag)) {
    const kind = kinds[path];
    const full = kind === undefined ? body : { apiVersion: `${tag}.example.com/v1`, kind, ...body };
    for (let tries = 1; ; tries++) {
      try {
        await create(clients, path, full);
        break;
      } catch (error) {
        // A new definition is not served at once, and a new quota is not counted at once.
        if (tries >= 50 || kind === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}
