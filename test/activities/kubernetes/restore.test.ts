import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Secret } from '../../../activities/kubernetes/model/objects.js';
import { corePath, workloadPath } from '../../../activities/kubernetes/model/paths.js';
import {
  cluster,
  type Cluster,
  live,
  merge,
  podsOf,
  run,
  runRef,
  SANDBOX_MS,
  soon,
  until,
  updated,
} from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

const secretOf = async (name: string): Promise<Secret> =>
  (await where.clients.call<Secret>({ path: corePath(where.namespace, 'secrets', name) })).body;

describe('saved states', () => {
  test.concurrent('restore a template with revisionHistoryLimit 0; foreign annotations and replicas stay', async () => {
    const {
      ref,
      before,
      guarded,
      identity,
      run: by,
    } = await savedAndUpdated('nohistory', '2.0', {
      replicas: 2,
      env: { PASSWORD: 'hunter2-very-secret' },
      spec: { revisionHistoryLimit: 0 },
    });
    await run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    await merge(where.clients, workloadPath(ref), {
      metadata: { annotations: { 'cost.example.com/team': 'blue' } },
      spec: { replicas: 3 },
    });
    const [state] = await run(where.activities.listSavedStates, { ref });
    expect(state).toMatchObject({ version: 1, templateHash: before.templateHash, healthy: true, replicas: 2 });
    expect(state?.digests['app']).toHaveLength(1);
    expect(JSON.stringify(state)).not.toContain('hunter2');
    const restore = { ...guarded, templateHash: identity.templateHash, secret: state?.secret ?? '', run: by };
    const restored = await run(where.activities.restoreState, restore);
    expect(restored).toMatchObject({ changed: true, templateHash: before.templateHash });
    expect(await run(where.activities.restoreState, restore)).toEqual(restored);
    const verdict = await run(where.activities.watchRollout, { ref, identity: restored, deadlineAt: soon() });
    expect(verdict).toMatchObject({ outcome: 'complete', counts: { desired: 3, available: 3 } });
    const now = await live(where, ref);
    expect(now.spec.replicas).toBe(3);
    expect(now.metadata.annotations).toMatchObject({
      'cost.example.com/team': 'blue',
      'kubernetes.io/change-cause': expect.stringContaining('back to registry.example.com/team/web:1.0'),
    });
  });

  test.concurrent(
    'are kept once per run and template, owned by the workload, and only their Secret knows the template',
    async () => {
      const { ref, before, guarded } = await updated(where, { name: 'kept', env: { KEY: 'topsecretvalue' } }, '1.0');
      const input = { ...guarded, healthy: true };
      const first = await run(where.activities.saveState, input);
      expect(await run(where.activities.saveState, input)).toEqual(first);
      const other = await run(where.activities.saveState, { ...input, run: runRef() });
      expect(other.version).toBe(first.version + 1);
      const secret = await secretOf(first.secret);
      expect(secret.metadata.name).toBe('belay-state-deployment-kept-1');
      expect(secret.metadata.ownerReferences).toMatchObject([{ uid: before.uid, kind: 'Deployment' }]);
      expect(secret.metadata.ownerReferences?.[0]?.controller).toBeUndefined();
      const template = gunzipSync(Buffer.from(secret.data?.['template.json.gz'] ?? '', 'base64')).toString();
      expect(template).toContain('topsecretvalue');
      await expect(
        run(where.activities.saveState, { ...input, run: runRef(), templateHash: 'other' }),
      ).rejects.toMatchObject({ type: 'Superseded' });
      const states = await run(where.activities.listSavedStates, { ref });
      expect(states.map((state) => state.version)).toEqual([2, 1]);
    },
  );

  test.concurrent('keep ten and never lose the newest verified one', async () => {
    const { ref, guarded } = await updated(where, { name: 'bounded', replicas: 1 }, '1.0');
    await run(where.activities.markVerified, guarded);
    for (let count = 0; count < 12; count++) {
      await run(where.activities.saveState, { ...guarded, run: runRef(), healthy: false });
    }
    const states = await run(where.activities.listSavedStates, { ref });
    expect(states.map((state) => state.version)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 1]);
    expect(states.filter((state) => state.verifiedAt !== undefined).map((state) => state.version)).toEqual([1]);
  });

  test.concurrent(
    'are refused when somebody else has changed the template, and say so when nothing is to be done',
    async () => {
      const { ref, before, guarded, identity } = await savedAndUpdated('foreign', '2.0');
      const [state] = await run(where.activities.listSavedStates, { ref });
      const restore = { ...guarded, templateHash: identity.templateHash, secret: state?.secret ?? '' };
      await merge(where.clients, workloadPath(ref), { spec: { template: { metadata: { labels: { extra: 'yes' } } } } });
      await expect(run(where.activities.restoreState, restore)).rejects.toMatchObject({ type: 'Superseded' });
      await merge(where.clients, workloadPath(ref), {
        spec: { template: { metadata: { labels: { extra: null } }, spec: { containers: before.containers } } },
      });
      const standing = await live(where, ref);
      const unchanged = await run(where.activities.restoreState, { ...restore, run: runRef() });
      expect(unchanged).toMatchObject({ changed: false, templateHash: before.templateHash });
      expect((await live(where, ref)).metadata.generation).toBe(standing.metadata.generation);
      await expect(run(where.activities.restoreState, { ...restore, secret: 'gone' })).rejects.toMatchObject({
        type: 'NotFound',
        nonRetryable: true,
      });
    },
  );
});

async function savedAndUpdated(name: string, tag: string, more = {}) {
  const made = await updated(where, { name, replicas: 1, ...more }, '1.0');
  await run(where.activities.saveState, { ...made.guarded, healthy: true });
  const image = `registry.example.com/team/web:${tag}`;
  const identity = await run(where.activities.setImage, { ...made.guarded, container: 'app', image });
  return { ...made, identity };
}

describe('revisions', () => {
  test.concurrent.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)('of a %s can be put back', async (kind) => {
    const name = `rev-${kind.toLowerCase()}`;
    const { ref, before, guarded, identity } = await updated(where, { kind, name, replicas: 1 }, '2.0');
    await run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    const revisions = await run(where.activities.listRevisions, { ref });
    expect(revisions).toMatchObject([
      { revision: 2, current: true, everComplete: true, templateHash: identity.templateHash },
      { revision: 1, current: false, templateHash: before.templateHash },
    ]);
    const guard = { ...guarded, templateHash: identity.templateHash };
    const revision = revisions[1]?.name ?? '';
    const restored = await run(where.activities.restoreRevision, { ...guard, revision });
    expect(restored).toMatchObject({ changed: true, templateHash: before.templateHash });
    const verdict = await run(where.activities.watchRollout, { ref, identity: restored, deadlineAt: soon() });
    expect(verdict.outcome).toBe('complete');
    await expect(run(where.activities.restoreRevision, { ...guard, revision: '99' })).rejects.toMatchObject({
      type: 'NotFound',
      message: expect.stringContaining('Kubernetes remembers'),
    });
  });
});

describe('an OrderedReady StatefulSet', () => {
  test.concurrent('goes back only after its broken pod was deleted', async () => {
    const what = { kind: 'StatefulSet' as const, name: 'ordered', replicas: 2 };
    const { ref, before, guarded, identity } = await updated(where, what, '2.0-crash');
    const bad = await run(where.activities.watchRollout, { ref, identity, deadlineAt: soon() });
    expect(bad.outcome).toBe('failed');
    const guard = { ...guarded, templateHash: identity.templateHash, revision: '1' };
    const restored = await run(where.activities.restoreRevision, guard);
    const input = { ref, uid: before.uid, templateHash: restored.templateHash };
    expect(await run(where.activities.deleteStuckPods, input)).toEqual(['ordered-1']);
    const verdict = await run(where.activities.watchRollout, { ref, identity: restored, deadlineAt: soon() });
    expect(verdict.outcome).toBe('complete');
    expect(await run(where.activities.deleteStuckPods, input)).toEqual([]);
    const images = (await podsOf(where, 'ordered')).map((pod) => pod.spec.containers[0]?.image);
    expect(images).toEqual(['registry.example.com/team/web:1.0', 'registry.example.com/team/web:1.0']);
  });
});

describe('quarantine', () => {
  test.concurrent('remembers once per run and template, at most 50, and is lifted by image or template', async () => {
    const { ref, before } = await updated(where, { name: 'bad', replicas: 1 }, '1.0');
    const entry = (id: number) => ({
      image: `registry.example.com/team/web:bad-${id}`,
      templateHash: `hash-${id}`,
      reason: 'crashes',
      run: 'w/r',
      at: new Date(Date.UTC(2026, 0, 1, 0, id)).toISOString(),
    });
    const add = (id: number) => run(where.activities.quarantine, { ref, uid: before.uid, entry: entry(id) });
    await Promise.all([add(0), add(0), add(1)]);
    const read = async () => {
      const found = await run(where.activities.inspectWorkload, { ref, verbs: 'update' as const });
      return found.found ? found.facts.quarantined.map((one) => one.templateHash) : [];
    };
    expect(await read()).toEqual(['hash-1', 'hash-0']);
    for (let id = 2; id < 53; id++) await add(id);
    const all = await read();
    expect(all).toHaveLength(50);
    expect(all[0]).toBe('hash-52');
    expect(all.at(-1)).toBe('hash-3');
    await run(where.activities.liftQuarantine, { ref, image: entry(52).image, templateHash: 'hash-51' });
    expect((await read()).slice(0, 1)).toEqual(['hash-50']);
    await until('no more than that is gone', async () => (await read()).length === 48);
  });
});
