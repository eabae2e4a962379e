import { describe, expect, test } from '@jest/globals';
import { oursOf } from '../../../../activities/kubernetes/emergency/ours.js';
import type { Seen } from '../../../../activities/kubernetes/emergency/workloads.js';
import type { ContainerSpec } from '../../../../activities/kubernetes/model/objects.js';
import { workload } from '../samples.js';

const seen = (name: string, container: Partial<ContainerSpec> = {}, labels: Record<string, string> = {}): Seen => {
  const spec = { containers: [{ name: 'app', image: 'team/web:2.0', ...container }] };
  const live = workload('Deployment', {}, { template: { metadata: { labels: { app: name, ...labels } }, spec } });
  return {
    kind: 'Deployment',
    workload: { ...live, metadata: { ...live.metadata, name } },
    pods: [{ metadata: { name: `${name}-7f-x`, uid: `uid-${name}` }, spec: { containers: [] } }],
  };
};
const service = (name: string, selector?: Record<string, string>) => ({
  metadata: { name, uid: name },
  ...(selector ? { spec: { selector } } : { spec: {} }),
});

describe('what the automation itself needs', () => {
  test.each([
    ['temporalio/server:1.29.1', true],
    ['docker.io/temporalio/auto-setup', true],
    ['registry.example.com:5000/mirror/temporalio/ui:2.42', true],
    ['temporalio/admin-tools@sha256:0123', true],
    ['team/temporalio/server-clone:1', false],
    ['mytemporalio/server:1', false],
    ['temporalio/samples:1', false],
  ])('image %s', (image, ours) => {
    const found = oursOf('prod', [seen('web', { image })], [], {});
    expect(found.map(({ key }) => key)).toEqual(ours ? ['Deployment/web'] : []);
  });

  test.each([
    ['app.kubernetes.io/part-of', 'temporal', true],
    ['app.kubernetes.io/name', 'temporal', true],
    ['app.kubernetes.io/name', 'belay', true],
    ['app.kubernetes.io/name', 'belay-worker', true],
    ['app.kubernetes.io/name', 'belayed', false],
    ['app.kubernetes.io/instance', 'temporal', false],
  ])('label %s=%s', (label, value, ours) => {
    expect(oursOf('prod', [seen('web', {}, { [label]: value })], [], {})).toHaveLength(ours ? 1 : 0);
  });

  test.each([
    ['its pod by name', { POD_NAME: 'web-7f-x', HOSTNAME: 'other' }, true],
    ['its pod by host name', { HOSTNAME: 'web-7f-x' }, true],
    ['a pod of that name elsewhere', { POD_NAME: 'web-7f-x', POD_NAMESPACE: 'belay' }, false],
    ['no pod', {}, false],
  ])('this worker: %s', (_, environment, ours) => {
    expect(oursOf('prod', [seen('web'), seen('api')], [], environment)).toEqual(
      ours ? [{ key: 'Deployment/web', why: 'this worker runs in its pod web-7f-x' }] : [],
    );
  });

  test.each([
    ['a name', 'postgres', true],
    ['a full name', 'postgres.prod.svc.cluster.local:5432', true],
    ['another namespace', 'postgres.data', false],
    ['no Service', 'db.example.com', false],
    ['a Service without a selector', 'outside', false],
  ])("Temporal's database by %s", (_, value, ours) => {
    const temporal = seen('temporal', { image: 'temporalio/auto-setup:1', env: [{ name: 'POSTGRES_SEEDS', value }] });
    const found = oursOf(
      'prod',
      [temporal, seen('postgres'), seen('web')],
      [service('postgres', { app: 'postgres' }), service('outside'), service('web', { app: 'web' })],
      {},
    );
    expect(found.filter(({ key }) => key !== 'Deployment/temporal')).toEqual(
      ours
        ? [
            {
              key: 'Deployment/postgres',
              why: 'Deployment/temporal keeps its data there (POSTGRES_SEEDS names Service postgres)',
            },
          ]
        : [],
    );
  });
});
