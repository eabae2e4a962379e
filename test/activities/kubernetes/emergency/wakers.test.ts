import { describe, expect, test } from '@jest/globals';
import { savedRoutes } from '../../../../activities/kubernetes/emergency/routes.js';
import { surroundingsOf } from '../../../../activities/kubernetes/emergency/surroundings.js';
import { savedWakers } from '../../../../activities/kubernetes/emergency/wakers.js';
import { meta, owner } from './samples.js';

describe('wakers', () => {
  const scaling = (name: string, target: string, more: object = {}, conditions: object[] = []) => ({
    ...meta(name, more),
    spec: { scaleTargetRef: { kind: 'Deployment', name: target }, minReplicas: 0, maxReplicas: 9 },
    status: { conditions: conditions as never },
  });
  const asleep = new Set(['Deployment/idle', 'Deployment/worker']);
  const saved = savedWakers(
    'prod',
    {
      autoscalers: [
        scaling('web', 'web', {}, [{ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }]),
        scaling('idle', 'idle', {}, [{ type: 'ScaledToZero', status: 'True' }]),
        scaling('off', 'worker'),
        scaling('keda-hpa-queue', 'queue', { ownerReferences: [owner('ScaledObject', 'queue')] }),
      ],
      scaledObjects: [
        {
          ...meta('queue', { annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } }),
          spec: { scaleTargetRef: { name: 'worker' }, minReplicaCount: 1 },
        },
      ],
      cronJobs: [{ ...meta('nightly'), spec: { schedule: '0 3 * * *', timeZone: 'UTC' } }],
    },
    asleep,
  );
  const of = (kind: string, name: string) => saved.find(({ ref }) => ref.kind === kind && ref.name === name);

  test.each([
    [
      'web',
      'Deployment/web',
      { scaledToZero: false, disabled: false, conditions: ['ScalingActive=True ValidMetricFound'] },
    ],
    ['idle', 'Deployment/idle', { scaledToZero: true, disabled: false, min: 0, max: 9 }],
    ['off', 'Deployment/worker', { scaledToZero: false, disabled: true, conditions: [] }],
  ])('autoscaler %s', (name, target, facts) => {
    expect(of('HorizontalPodAutoscaler', name)).toMatchObject({
      role: 'waker',
      target,
      fields: { '/spec/behavior': null },
      facts,
    });
  });

  test('a ScaledObject stands for its autoscaler, which is not touched', () => {
    expect(of('HorizontalPodAutoscaler', 'keda-hpa-queue')).toBeUndefined();
    expect(of('ScaledObject', 'queue')).toMatchObject({
      ref: { apiVersion: 'keda.sh/v1alpha1' },
      target: 'Deployment/worker',
      fields: {
        '/metadata/annotations/autoscaling.keda.sh~1paused-replicas': '0',
        '/metadata/annotations/autoscaling.keda.sh~1paused': null,
      },
      facts: { min: 1, max: 100, scaledToZero: true, autoscalers: ['keda-hpa-queue'] },
    });
  });

  test('a CronJob', () => {
    expect(of('CronJob', 'nightly')).toMatchObject({
      fields: { '/spec/suspend': null },
      facts: { schedule: '0 3 * * *', timeZone: 'UTC' },
    });
  });
});

test('routes tell their hosts, each once', () => {
  const rules = [{ host: 'a.example.com' }, { host: 'a.example.com' }, {}];
  const [ingress, route] = savedRoutes('prod', {
    ingresses: [{ ...meta('web', { annotations: { 'kubernetes.io/ingress.class': 'nginx' } }), spec: { rules } }],
    httpRoutes: [{ ...meta('api'), spec: { hostnames: ['b.example.com'] } }],
  });
  expect(ingress).toMatchObject({
    role: 'route',
    fields: {
      '/spec/rules': rules,
      '/spec/defaultBackend': null,
      '/spec/ingressClassName': null,
      '/metadata/annotations/kubernetes.io~1ingress.class': 'nginx',
    },
    facts: { hosts: ['a.example.com'] },
  });
  expect(route).toMatchObject({ ref: { kind: 'HTTPRoute' }, facts: { hosts: ['b.example.com'] } });
});

test('surroundings count a pod with two addresses once, and only what is ready or runs', () => {
  const slice = (name: string, endpoints: object[] | null) => ({
    ...meta(name, { labels: { 'kubernetes.io/service-name': 'web' } }),
    endpoints: endpoints as never,
  });
  const ready = { addresses: ['10.0.0.1'], conditions: { ready: true }, targetRef: { uid: 'p1' } };
  expect(
    surroundingsOf({
      services: [meta('web'), meta('empty')],
      endpointSlices: [
        slice('web-4', [ready, { addresses: ['10.0.0.2'], conditions: { ready: false }, targetRef: { uid: 'p2' } }]),
        slice('web-6', [{ ...ready, addresses: ['fd00::1'] }, { addresses: ['10.0.0.9'] }]),
        slice('web-none', null),
      ],
      jobs: [
        { ...meta('run', { ownerReferences: [owner('CronJob', 'nightly')] }), status: { active: 1 } },
        { ...meta('done'), status: {} },
      ],
      budgets: [{ ...meta('web'), status: { disruptionsAllowed: 1 } }, meta('new')],
    }),
  ).toEqual({
    services: [
      { name: 'web', readyEndpoints: 2 },
      { name: 'empty', readyEndpoints: 0 },
    ],
    runningJobs: [{ name: 'run', active: 1, cronJob: 'nightly' }],
    budgets: [
      { name: 'web', disruptionsAllowed: 1 },
      { name: 'new', disruptionsAllowed: 0 },
    ],
  });
});
