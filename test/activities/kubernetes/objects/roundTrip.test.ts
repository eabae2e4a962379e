import { beforeAll, describe, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../support.js';
import { SECRET_VALUE } from './samples.js';
import { contextOf, exists, filesOf, itemOf, sourceOf, world, type World } from './support.js';

let where: World;
beforeAll(async () => {
  where = await world();
}, SANDBOX_MS);

const KINDS = [
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'PersistentVolumeClaim',
  'LimitRange',
  'Role.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'NetworkPolicy.networking.k8s.io',
  'Service',
  'PodDisruptionBudget.policy',
  'Deployment.apps',
  'StatefulSet.apps',
  'DaemonSet.apps',
  'CronJob.batch',
  'Job.batch',
  'Pod',
  'HorizontalPodAutoscaler.autoscaling',
  'Ingress.networking.k8s.io',
  'ResourceQuota',
];

describe('objects of a namespace', () => {
  test('are saved by discovery, rehearsed beside the live ones, and nothing is left of the rehearsal', async () => {
    const { engine, namespace, tag, clients } = where;
    const context = contextOf(where);
    const facts = await engine.inspect(sourceOf(), context);
    expect(facts).toMatchObject({ serverVersion: expect.stringMatching(/^v1\./), identity: expect.any(String) });
    const capture = await engine.capture(sourceOf(), context);
    const saved = await capture.contents(true);
    const names = saved.items.map((item) => item.name);
    for (const kind of KINDS) expect(names).toContain(`${namespace}/${kind}`);
    expect(names).toEqual(expect.arrayContaining([`${namespace}/Widget.${tag}.example.com`, '/Namespace']));
    expect(itemOf(saved, '/CustomResourceDefinition.apiextensions.k8s.io')?.rows).toBe(1);
    expect(itemOf(saved, '/ClusterRole.rbac.authorization.k8s.io')?.rows).toBe(1);
    expect(itemOf(saved, '/ClusterRoleBinding.rbac.authorization.k8s.io')?.rows).toBe(1);
    expect(itemOf(saved, '/StorageClass.storage.k8s.io')?.rows).toBe(1);
    expect(itemOf(saved, `${namespace}/Pod`)?.rows).toBe(1);
    expect(itemOf(saved, `${namespace}/ReplicaSet.apps`)).toBeUndefined();
    const files = filesOf(capture);
    expect(await engine.readThrough(sourceOf(), files, context)).toEqual([]);
    const rehearsal = await engine.rehearse(sourceOf(), files, context);
    const query = { labelSelector: 'belay.dev/throwaway' };
    const { items } = (
      await clients.call<{ items: { metadata: { name: string } }[] }>({ path: '/api/v1/namespaces', query })
    ).body;
    expect(items.length).toBeGreaterThan(0);
    expect(await rehearsal.contents(true)).toEqual(saved);
    expect(await rehearsal.examine()).toEqual([]);
    await rehearsal.close();
    for (const { metadata } of items) expect(await exists(where, `/api/v1/namespaces/${metadata.name}`)).toBe(false);
    expect(JSON.stringify([facts, saved, capture.excluded])).not.toContain(SECRET_VALUE);
    await capture.close();
  });
});
