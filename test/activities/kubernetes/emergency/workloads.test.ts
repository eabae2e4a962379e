import { describe, expect, test } from '@jest/globals';
import { restartOperations } from '../../../../activities/kubernetes/emergency/restart.js';
import { savedWorkload, withPods } from '../../../../activities/kubernetes/emergency/workloads.js';
import { templateHash } from '../../../../activities/kubernetes/model/templateHash.js';
import { template, workload } from '../samples.js';
import { input, owner, pod } from './samples.js';

describe('workloads', () => {
  const none = { deployments: [], statefulSets: [], daemonSets: [], pods: [] };

  test('find their pods by owner, terminating ones too, and tell what belongs to nobody', () => {
    const mine = pod('web-7f-x', owner('ReplicaSet', 'web-7f'), '7f', { deletionTimestamp: '2026-05-01T10:00:00Z' });
    const foreign = [
      pod('lone'),
      pod('rollout-7f-x', owner('ReplicaSet', 'rollout-7f'), '7f'),
      pod('unlabelled', owner('ReplicaSet', 'web-7f')),
      pod('job-x', owner('Job', 'job')),
    ];
    const db = workload('StatefulSet');
    const { seen, others } = withPods({
      ...none,
      deployments: [workload('Deployment')],
      statefulSets: [db],
      pods: [mine, pod('web-0', owner('StatefulSet', 'web')), ...foreign],
    });
    expect(seen.map(({ kind, pods }) => [kind, pods.map((one) => one.metadata.name)])).toEqual([
      ['Deployment', ['web-7f-x']],
      ['StatefulSet', ['web-0']],
    ]);
    expect(others).toEqual(foreign);
  });

  test('are saved with the facts that people and recovery need, and with no template', () => {
    const secret = { name: 'app', image: 'team/web:2.0', env: [{ name: 'KEY', value: 'topsecretvalue' }] };
    const live = workload(
      'Deployment',
      {},
      { paused: true, template: { ...template, spec: { containers: [secret] } } },
    );
    const described = [{ kind: 'Deployment' as const, name: 'web', tier: 'edge' }];
    const saved = savedWorkload(
      'prod',
      { kind: 'Deployment', workload: live, pods: [pod('a')] },
      { ...input, workloads: described },
    );
    expect(saved).toEqual({
      ref: { kind: 'Deployment', apiVersion: 'apps/v1', namespace: 'prod', name: 'web', uid: 'uid-web' },
      role: 'workload',
      tier: 'edge',
      fields: { '/spec/replicas': 2 },
      facts: {
        templateHash: templateHash(live.spec.template),
        images: { app: 'team/web:2.0' },
        ready: 2,
        pods: 1,
        paused: true,
        claims: [],
      },
    });
    expect(JSON.stringify(saved)).not.toContain('topsecretvalue');
  });

  test('of a StatefulSet tell its claims by ordinal, of a DaemonSet its node selector', () => {
    const volumes = [{ persistentVolumeClaim: { claimName: 'shared' } }, {}];
    const base = workload('StatefulSet');
    const db = {
      ...base,
      spec: {
        ...base.spec,
        replicas: 2,
        ordinals: { start: 3 },
        volumeClaimTemplates: [{ metadata: { name: 'data' } }],
        template: { ...template, spec: { ...template.spec, volumes } },
      },
    };
    const saved = savedWorkload('prod', { kind: 'StatefulSet', workload: db, pods: [] }, input);
    expect(saved.facts).toMatchObject({
      podManagementPolicy: 'OrderedReady',
      claims: ['shared', 'data-web-3', 'data-web-4'],
    });
    expect(saved).not.toHaveProperty('tier');
    const agent = workload('DaemonSet', {}, { template: { ...template, spec: { ...template.spec } } });
    Object.assign(agent.spec.template.spec, { nodeSelector: { disk: 'ssd' } });
    const daemon = savedWorkload('prod', { kind: 'DaemonSet', workload: agent, pods: [] }, input);
    expect(daemon.fields).toEqual({ '/spec/template/spec/nodeSelector': { disk: 'ssd' } });
  });
});

test.each([
  [
    'none yet',
    undefined,
    [{ op: 'add', path: '/spec/template/metadata/annotations', value: { 'kubectl.kubernetes.io/restartedAt': 'T' } }],
  ],
  [
    'others',
    { a: 'b' },
    [{ op: 'add', path: '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt', value: 'T' }],
  ],
])('a restart keeps annotations: %s', (_, annotations, operations) => {
  const metadata = { ...template.metadata, ...(annotations ? { annotations } : {}) };
  expect(restartOperations({ ...template, metadata }, 'T')).toEqual(operations);
});
