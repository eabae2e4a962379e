import { beforeAll, describe, expect, test } from '@jest/globals';
import { scalersOf } from '../../../activities/kubernetes/scale/readScale.js';
import { workloadPath } from '../../../activities/kubernetes/model/paths.js';
import { type Cluster, cluster, create, deploy, healthy, live, merge, podsOf, run, runRef, soon } from './support.js';
import { SANDBOX_MS, until } from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

describe('scale', () => {
  test.concurrent.each(['Deployment', 'StatefulSet'] as const)(
    'stops a %s, remembers how many there were, and starts them again',
    async (kind) => {
      const { activities } = where;
      const ref = await deploy(where, { kind, name: `scaled-${kind.toLowerCase()}`, replicas: 2 });
      const { uid } = await healthy(where, ref);
      const scale = await run(activities.readScale, { ref });
      expect(scale).toMatchObject({ uid, replicas: 2, autoscalers: [] });
      const input = { ref, uid, run: runRef() };
      expect(await run(activities.setReplicas, { ...input, replicas: 0 })).toEqual({ previous: 2 });
      expect(await run(activities.setReplicas, { ...input, replicas: 0 })).toEqual({ previous: 2 });
      const stopped = await run(activities.waitScaled, { ref, uid, replicas: 0, deadlineAt: soon() });
      expect(stopped).toMatchObject({ outcome: 'reached', pods: 0, ready: 0 });
      expect(await podsOf(where, ref.name)).toEqual([]);
      expect(await run(activities.setReplicas, { ...input, replicas: 2 })).toEqual({ previous: 0 });
      const started = await run(activities.waitScaled, { ref, uid, replicas: 2, deadlineAt: soon() });
      expect(started).toMatchObject({ outcome: 'reached', ready: 2 });
    },
  );

  test.concurrent('never lets volume claims be deleted, but for those of replicas that the run has added', async () => {
    const { activities, clients } = where;
    const ref = await deploy(where, { kind: 'StatefulSet', name: 'keeper', replicas: 1 });
    const { uid } = await healthy(where, ref);
    const policy = { whenScaled: 'Delete', whenDeleted: 'Retain' };
    await merge(clients, workloadPath(ref), { spec: { persistentVolumeClaimRetentionPolicy: policy } });
    expect(await run(activities.readScale, { ref })).toMatchObject({ deletesClaims: true });
    const input = { ref, uid, run: runRef() };
    const refused = { type: 'Unsupported', message: expect.stringContaining('Set it to Retain first') };
    await expect(run(activities.setReplicas, { ...input, replicas: 0 })).rejects.toMatchObject(refused);
    expect(await run(activities.setReplicas, { ...input, replicas: 2 })).toEqual({ previous: 1 });
    await expect(run(activities.setReplicas, { ...input, replicas: 0 })).rejects.toMatchObject(refused);
    expect(await run(activities.setReplicas, { ...input, replicas: 1 })).toEqual({ previous: 2 });
  });

  test.concurrent('tells autoscalers, what stood there anyway, and somebody else who scales', async () => {
    const { activities, clients, namespace } = where;
    const ref = await deploy(where, { name: 'autoscaled', replicas: 1 });
    const { uid } = await healthy(where, ref);
    await create(clients, `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, {
      metadata: { name: 'autoscaled' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'autoscaled' },
        minReplicas: 1,
        maxReplicas: 3,
      },
    });
    const scale = await run(activities.readScale, { ref });
    expect(scale.autoscalers).toEqual([{ name: 'autoscaled', min: 1, max: 3 }]);
    const input = { ref, uid, run: runRef() };
    expect(await run(activities.setReplicas, { ...input, replicas: 1 })).toEqual({ previous: 1 });
    expect((await live(where, ref)).metadata.annotations?.['belay.dev/scaled']).toBeUndefined();
    await run(activities.setReplicas, { ...input, replicas: 0 });
    await merge(clients, workloadPath(ref), { spec: { replicas: 1 } });
    const changed = await run(activities.waitScaled, { ref, uid, replicas: 0, deadlineAt: soon() });
    expect(changed).toMatchObject({ outcome: 'changed', summary: expect.stringContaining('asked for 1 meanwhile') });
  });

  test.concurrent('says what is missing when the time is over, and waits for pods that are terminating', async () => {
    const { activities, clients } = where;
    const ref = await deploy(where, { name: 'lingering', replicas: 1 });
    const { uid } = await healthy(where, ref);
    const [pod] = await podsOf(where, 'lingering');
    const path = `/api/v1/namespaces/${ref.namespace}/pods/${pod?.metadata.name}`;
    await merge(clients, path, { metadata: { finalizers: ['belay.dev/test'] } });
    await run(activities.setReplicas, { ref, uid, replicas: 0, run: runRef() });
    await until('the pod is terminating', async () => {
      const [leaving] = await podsOf(where, 'lingering');
      return leaving?.metadata.deletionTimestamp !== undefined;
    });
    const late = await run(activities.waitScaled, { ref, uid, replicas: 0, deadlineAt: Date.now() + 1_500 });
    expect(late).toMatchObject({ outcome: 'deadline', pods: 1, summary: expect.stringContaining('1 pods not gone') });
    await merge(clients, path, { metadata: { finalizers: null } });
    const gone = await run(activities.waitScaled, { ref, uid, replicas: 0, deadlineAt: soon() });
    expect(gone.outcome).toBe('reached');
  });

  test.concurrent('refuses a DaemonSet, another object, and no number', async () => {
    const { activities } = where;
    const daemons = await deploy(where, { kind: 'DaemonSet', name: 'daemons' });
    const unsupported = { type: 'Unsupported', nonRetryable: true, message: expect.stringContaining('nodeSelector') };
    await expect(run(activities.readScale, { ref: daemons })).rejects.toMatchObject(unsupported);
    const ref = await deploy(where, { name: 'guarded', replicas: 1 });
    const input = { ref, uid: 'another', replicas: 0, run: runRef() };
    await expect(run(activities.setReplicas, input)).rejects.toMatchObject({ type: 'TargetReplaced' });
    await expect(run(activities.setReplicas, { ...input, replicas: -1 })).rejects.toMatchObject({ type: 'Invalid' });
    const waiting = { ref, uid: 'another', replicas: 0, deadlineAt: soon() };
    expect((await run(activities.waitScaled, waiting)).outcome).toBe('replaced');
    expect((await live(where, ref)).spec.replicas).toBe(1);
  });

  test('names what controls an autoscaler', () => {
    const ref = { namespace: 'n', kind: 'Deployment' as const, name: 'web' };
    const owner = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'web', uid: '1', controller: true };
    const metadata = { name: 'keda-hpa-web', uid: '2', ownerReferences: [owner] };
    const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 9 };
    const other = { ...spec, scaleTargetRef: { kind: 'StatefulSet', name: 'web' } };
    expect(
      scalersOf(ref, [
        { metadata, spec },
        { metadata, spec: other },
      ]),
    ).toEqual([{ name: 'keda-hpa-web', min: 1, max: 9, owner: 'ScaledObject web' }]);
  });
});
