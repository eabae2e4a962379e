import { describe, expect, test } from '@jest/globals';
import type { SavedObject } from '../../../activities/kubernetes/emergency/types.js';
import type { System } from '../../../systems/schema.js';
import { stopFields } from '../../../workflows/emergencyKit/stopFields.js';
import { tiersInwards } from '../../../workflows/emergencyKit/targets.js';
import { chooseObjects } from '../../../workflows/emergencyShutdown/plan.js';
import { explain } from '../../../workflows/emergencyRecovery/prove.js';
import { trafficSteps } from '../../../workflows/emergencyRecovery/traffic.js';
import { describeSystem } from '../world.js';
import { saved } from './samples.js';

const CLASS = '/metadata/annotations/kubernetes.io~1ingress.class';
const off = { selectPolicy: 'Disabled' };

describe('what an object is set to while the system is down', () => {
  test.each<[string, SavedObject, Record<string, unknown> | undefined]>([
    ['Deployment', saved('Deployment', 'a', { '/spec/replicas': 3 }), { '/spec/replicas': 0 }],
    ['StatefulSet', saved('StatefulSet', 'a', { '/spec/replicas': 0 }), { '/spec/replicas': 0 }],
    [
      'DaemonSet, its own selector stays',
      saved('DaemonSet', 'a', { '/spec/template/spec/nodeSelector': { disk: 'ssd' } }),
      { '/spec/template/spec/nodeSelector': { disk: 'ssd', 'belay.dev/stopped': 'true' } },
    ],
    [
      'autoscaler without a behaviour',
      saved('HorizontalPodAutoscaler', 'a', { '/spec/behavior': null }),
      { '/spec/behavior': { scaleUp: off, scaleDown: off } },
    ],
    [
      'autoscaler with one',
      saved('HorizontalPodAutoscaler', 'a', { '/spec/behavior': { scaleUp: { selectPolicy: 'Max', policies: [] } } }),
      { '/spec/behavior': { scaleUp: { selectPolicy: 'Disabled', policies: [] }, scaleDown: off } },
    ],
    ['KEDA', saved('ScaledObject', 'a', {}), { '/metadata/annotations/autoscaling.keda.sh~1paused-replicas': '0' }],
    ['CronJob', saved('CronJob', 'a', { '/spec/suspend': false }), { '/spec/suspend': true }],
    [
      'Argo CD',
      saved('Application', 'a', { '/spec/syncPolicy/automated': {} }),
      { '/spec/syncPolicy/automated': null },
    ],
    ['Ingress by field', saved('Ingress', 'a', { [CLASS]: null }), { '/spec/ingressClassName': 'belay-stopped' }],
    ['Ingress by annotation', saved('Ingress', 'a', { [CLASS]: 'nginx' }), { [CLASS]: 'belay-stopped' }],
    ['HTTPRoute', saved('HTTPRoute', 'a', { '/spec/parentRefs': [{ name: 'gw' }] }), { '/spec/parentRefs': null }],
  ])('%s', (_, object, expected) => {
    expect(stopFields(object, 'detach')).toEqual(expected);
  });

  test('routes to a maintenance page keep hosts and paths', () => {
    const rule = {
      host: 'shop.test',
      http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web' } } }] },
    };
    const backend = { service: { name: 'maintenance', port: { number: 80 } } };
    expect(stopFields(saved('Ingress', 'a', { '/spec/rules': [rule] }), { service: 'maintenance', port: 80 })).toEqual({
      '/spec/rules': [{ host: 'shop.test', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      '/spec/defaultBackend': backend,
    });
    const matches = [{ path: { value: '/api' } }];
    expect(
      stopFields(saved('HTTPRoute', 'a', { '/spec/rules': [{ matches, backendRefs: [] }] }), {
        service: 'm',
        port: 8080,
      }),
    ).toEqual({ '/spec/rules': [{ matches, backendRefs: [{ name: 'm', port: 8080 }] }] });
  });

  test('routes may be left alone', () => {
    expect(stopFields(saved('Ingress', 'a', {}), 'leave')).toBeUndefined();
    expect(stopFields(saved('HTTPRoute', 'a', {}), 'leave')).toBeUndefined();
  });
});

const shop = (emergency: object = {}): System =>
  describeSystem('shop', ['db', 'api'], {
    tiers: ['data', 'application'],
    workloads: [
      { name: 'db', kind: 'StatefulSet', tier: 'data' },
      { name: 'api', tier: 'application' },
    ],
    policies: { emergency },
  });

const db = saved('StatefulSet', 'db', { '/spec/replicas': 1 }, { tier: 'data' });
const api = saved('Deployment', 'api', { '/spec/replicas': 1 }, { tier: 'application' });
const debug = saved('Deployment', 'debug', { '/spec/replicas': 1 });
const scaler = saved('HorizontalPodAutoscaler', 'api', {}, { target: 'Deployment/api' });
const cron = saved('CronJob', 'nightly', {});
const route = saved('Ingress', 'shop', {});
const argo = saved('Application', 'shop', {}, { namespace: 'argocd' });
const objects = [db, api, debug, scaler, cron, route, argo];
const names = (some: readonly SavedObject[]): string[] => some.map(({ ref }) => `${ref.kind} ${ref.name}`);

describe('what a shutdown touches', () => {
  test.each<[string, object, Parameters<typeof chooseObjects>[2], string[]]>([
    ['all', {}, undefined, names([db, api, debug, scaler, cron, route, argo])],
    [
      'one tier: nothing of the others, no routes, no CronJobs',
      {},
      { tiers: ['application'] },
      names([api, scaler, argo]),
    ],
    ['one workload', {}, { workloads: ['db'] }, names([db, argo])],
    ['routes left', { traffic: 'leave' }, undefined, names([db, api, debug, scaler, cron, argo])],
    ['undescribed left', { undescribed: 'leave' }, undefined, names([db, api, scaler, cron, route, argo])],
    ['kept, and its autoscaler with it', { keep: ['api'] }, undefined, names([db, debug, cron, route, argo])],
  ])('%s', (_, emergency, scope, expected) => {
    expect(names(chooseObjects(shop(emergency), { objects, ours: [] }, scope).touched)).toEqual(expected);
  });

  test('what Belay itself needs is left, and named', () => {
    const ours = [{ key: 'StatefulSet/db', why: 'Temporal keeps its data there' }];
    const { touched, left } = chooseObjects(shop(), { objects, ours }, undefined);
    expect(names(touched)).not.toContain('StatefulSet db');
    expect(left).toEqual(ours);
  });
});

test('tiers go from the edge inwards, the undescribed first', () => {
  expect(tiersInwards(shop(), objects).map(({ tier, objects: some }) => [tier, names(some)])).toEqual([
    ['not described', ['Deployment debug']],
    ['application', ['Deployment api']],
    ['data', ['StatefulSet db']],
  ]);
});

test.each<[string, string[][], string[][]]>([
  ['no steps', [], [['a', 'b', 'c']]],
  ['in steps, the rest last', [['c'], ['a']], [['c'], ['a'], ['b']]],
  ['unknown names do nothing', [['x']], [['a', 'b', 'c']]],
])('traffic comes back: %s', (_, steps, expected) => {
  const routes = ['a', 'b', 'c'].map((name) => saved('Ingress', name, {}));
  expect(trafficSteps(steps, routes).map((group) => group.map(({ ref }) => ref.name))).toEqual(expected);
});

test.each([
  ['an autoscaler has scaled again', { key: 'Deployment/api', what: '/spec/replicas', was: 3, is: 5 }, true],
  ['an autoscaled workload at zero', { key: 'Deployment/api', what: '/spec/replicas', was: 3, is: 0 }, false],
  ['another workload', { key: 'StatefulSet/db', what: '/spec/replicas', was: 1, is: 2 }, false],
  ['another field', { key: 'Deployment/api', what: '/spec/paused', was: false, is: true }, false],
])('explained or not: %s', (_, difference, fine) => {
  const { explained, open } = explain([difference], objects);
  expect([explained.length, open.length]).toEqual(fine ? [1, 0] : [0, 1]);
});
