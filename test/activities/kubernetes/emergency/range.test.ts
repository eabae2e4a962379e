import { beforeAll, describe, expect, test } from '@jest/globals';
import { setAutoscalerRange } from '../../../../activities/kubernetes/emergency/range.js';
import { objectPath } from '../../../../activities/kubernetes/emergency/resources.js';
import type { HorizontalPodAutoscaler } from '../../../../activities/kubernetes/inspect/neighbours.js';
import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { cluster, type Cluster, merge, runRef, SANDBOX_MS } from '../support.js';
import { extensions } from './extensions.js';
import { inSession, make } from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
  await extensions(where.clients);
}, SANDBOX_MS);

const ref = (name: string) => ({ namespace: where.namespace, kind: 'Deployment' as const, name });

const autoscaler = (name: string, min?: number, metadata: object = {}) =>
  make(where.clients, 'HorizontalPodAutoscaler', where.namespace, name, {
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      ...(min === undefined ? {} : { minReplicas: min }),
      maxReplicas: 5,
    },
  });

const pathOf = (name: string) => objectPath({ kind: 'HorizontalPodAutoscaler', namespace: where.namespace, name });

const range = (name: string, min: number, max: number, run = runRef(), clients: KubeClients = where.clients) =>
  inSession(clients, ref(name), (session) =>
    setAutoscalerRange(session, { ref: ref(name), autoscaler: name, min, max, run }),
  );

const boundsOf = async (name: string) => {
  const { spec } = (await where.clients.call<HorizontalPodAutoscaler>({ path: pathOf(name) })).body;
  return [spec.minReplicas, spec.maxReplicas];
};

describe('setAutoscalerRange', () => {
  test('sets bounds, and tells those before its first write, however often it is asked', async () => {
    await autoscaler('web', 2, { annotations: { note: 'x' } });
    const run = runRef();
    expect(await range('web', 3, 8, run)).toEqual({ previous: { min: 2, max: 5 } });
    expect(await range('web', 3, 8, run)).toEqual({ previous: { min: 2, max: 5 } });
    expect(await range('web', 4, 8, run)).toEqual({ previous: { min: 2, max: 5 } });
    expect(await boundsOf('web')).toEqual([4, 8]);
    expect(await range('web', 4, 8)).toEqual({ previous: { min: 4, max: 8 } });
    expect(await range('web', 2, 5)).toEqual({ previous: { min: 4, max: 8 } });
    const { metadata } = (await where.clients.call<HorizontalPodAutoscaler>({ path: pathOf('web') })).body;
    expect(metadata.annotations?.['note']).toBe('x');
  });

  test('does not lose bounds that somebody sets at the same moment', async () => {
    await autoscaler('raced');
    let raced = false;
    const clients: KubeClients = {
      ...where.clients,
      call: async (call) => {
        if (call.method === 'PATCH' && !raced) {
          raced = true;
          await merge(where.clients, pathOf('raced'), { spec: { maxReplicas: 7 } });
        }
        return where.clients.call(call);
      },
    };
    expect(await range('raced', 2, 9, runRef(), clients)).toEqual({ previous: { min: 1, max: 7 } });
    expect(await boundsOf('raced')).toEqual([2, 9]);
  });

  test('refuses what cannot be', async () => {
    await autoscaler('other');
    // One that exists: the cluster removes what belongs to nobody.
    const owner = await make(where.clients, 'ScaledObject', where.namespace, 'keda', {
      spec: { scaleTargetRef: { name: 'keda' } },
    });
    const { uid } = (owner.body as { metadata: { uid: string } }).metadata;
    const controller = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'keda', uid };
    await autoscaler('keda', 1, { ownerReferences: [controller] });
    const wrong = { ref: ref('web'), autoscaler: 'other', min: 1, max: 2, run: runRef() };
    const foreign = inSession(where.clients, ref('web'), (session) => setAutoscalerRange(session, wrong));
    await expect(foreign).rejects.toMatchObject({
      type: 'Invalid',
      message: expect.stringContaining('scales Deployment other'),
    });
    await expect(range('keda', 1, 2)).rejects.toMatchObject({ type: 'Unsupported', nonRetryable: true });
    await expect(range('nothing', 1, 2)).rejects.toMatchObject({ type: 'NotFound', nonRetryable: true });
    for (const [min, max] of [
      [3, 2],
      [0, 0],
      [-1, 2],
      [1.5, 2],
    ] as const)
      await expect(range('other', min, max)).rejects.toMatchObject({ type: 'Invalid', nonRetryable: true });
    expect(await boundsOf('other')).toEqual([1, 5]);
  });
});
