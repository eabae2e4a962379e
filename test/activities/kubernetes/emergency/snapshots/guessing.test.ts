import { beforeAll, describe, expect, test } from '@jest/globals';
import { replicasOf } from '../../../../../activities/kubernetes/emergency/guess.js';
import { configMapName } from '../../../../../activities/kubernetes/emergency/copyNames.js';
import type { SavedObject } from '../../../../../activities/kubernetes/emergency/types.js';
import { workloadPath } from '../../../../../activities/kubernetes/model/paths.js';
import { clientsWithRights, healthy, merge, run, runRef, sandbox, SANDBOX_MS } from '../../support.js';
import { make } from '../support.js';
import { keysOf, lost, ONLY_LOOK, ref, remove, replicasIn, stop, storeAway, take, world } from './support.js';

const scaler = (kind: 'HorizontalPodAutoscaler' | 'ScaledObject', min: number): SavedObject => ({
  ref: { kind, apiVersion: 'v1', namespace: 'prod', name: 'web', uid: 'u' },
  role: 'waker',
  target: 'Deployment/web',
  fields: {},
  facts: { min },
});
const state = { secret: 'belay-state-deployment-web-4', replicas: 5, savedAt: '2026-05-01T10:00:00Z' };
const scaled = '{"run":"scale-1/2","from":4,"to":0}';

describe('how many replicas a workload may have had', () => {
  test.each([
    [
      'the newest saved state',
      { state, scaled, scalers: [scaler('ScaledObject', 2)] },
      5,
      /belay-state-deployment-web-4 of 2026/,
    ],
    [
      'the last scale',
      { state: undefined, scaled, scalers: [scaler('ScaledObject', 2)] },
      4,
      /belay.dev\/scaled.*from 4 to 0/,
    ],
    ['a saved state of none', { state: { ...state, replicas: 0 }, scaled, scalers: [] }, 4, /belay.dev\/scaled/],
    [
      'an autoscaler',
      { state: undefined, scaled: undefined, scalers: [scaler('HorizontalPodAutoscaler', 2)] },
      2,
      /^HorizontalPodAutoscaler web, .* 2$/,
    ],
    [
      'a scale to another number',
      { state: undefined, scaled: '{"run":"r","from":4,"to":1}', scalers: [scaler('ScaledObject', 3)] },
      3,
      /ScaledObject/,
    ],
    ['a broken mark', { state: undefined, scaled: '{', scalers: [scaler('ScaledObject', 3)] }, 3, /ScaledObject/],
  ])('by %s', (_, hints, replicas, because) => {
    expect(replicasOf(hints)).toEqual({ replicas, because: expect.stringMatching(because) });
  });

  test('an autoscaler that goes to zero, and nothing, tell nothing', () => {
    expect(replicasOf({ state: undefined, scaled: undefined, scalers: [scaler('ScaledObject', 0)] })).toBeUndefined();
    expect(replicasOf({ state: undefined, scaled: undefined, scalers: [] })).toBeUndefined();
  });
});

describe('a guess in the cluster', () => {
  beforeAll(async () => {
    await sandbox('kubernetes');
  }, SANDBOX_MS);

  test('takes each value from the best source that is left', async () => {
    const where = await world({ stated: 2, scaled: 2, autoscaled: 2, silent: 2, running: 2, foreign: 0 });
    const keys = keysOf('stated', 'scaled', 'autoscaled', 'silent', 'running');
    const { uid, templateHash } = await healthy(where, ref(where, 'stated'));
    await run(where.activities.saveState, {
      ref: ref(where, 'stated'),
      uid,
      templateHash,
      run: runRef(),
      healthy: true,
    });
    await make(where.clients, 'HorizontalPodAutoscaler', where.namespace, 'autoscaled', {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'autoscaled' },
        minReplicas: 2,
        maxReplicas: 4,
      },
    });
    await take(storeAway(where), 'one', keys);
    const scaleUid = (await healthy(where, ref(where, 'scaled'))).uid;
    await run(where.activities.setReplicas, { ref: ref(where, 'scaled'), uid: scaleUid, replicas: 0, run: runRef() });
    for (const name of ['stated', 'autoscaled', 'silent']) await stop(where, name);
    await merge(where.clients, workloadPath(ref(where, 'foreign')), {
      metadata: { annotations: { 'belay.dev/stopped': '{' } },
    });
    await remove(where, configMapName('one'));
    const answer = await lost(where);
    expect(replicasIn(answer.guess)).toEqual({ stated: 2, scaled: 2, autoscaled: 2, silent: 0 });
    expect(Object.fromEntries(answer.guess.map((one) => [one.ref.name, one.because]))).toEqual({
      stated: expect.stringContaining('saved state belay-state-deployment-stated-1'),
      scaled: expect.stringContaining('from 2 to 0'),
      autoscaled: expect.stringContaining('HorizontalPodAutoscaler autoscaled'),
      silent: expect.stringContaining('nothing tells'),
    });
    // Without the right to read saved states, the others still tell.
    const poor = { ...where, clients: await clientsWithRights(where, 'onlooker', withoutSecrets()) };
    const poorly = await lost(poor);
    expect(replicasIn(poorly.guess)).toEqual({ stated: 0, scaled: 2, autoscaled: 2, silent: 0 });
  }, 120_000);
});

const withoutSecrets = () => [
  ...ONLY_LOOK.map((rule) => ({
    ...rule,
    resources: [
      'pods',
      'services',
      'deployments',
      'statefulsets',
      'daemonsets',
      'horizontalpodautoscalers',
      'jobs',
      'cronjobs',
      'ingresses',
      'endpointslices',
      'poddisruptionbudgets',
    ],
  })),
  { apiGroups: [''], verbs: ['get'], resources: ['configmaps'] },
];
