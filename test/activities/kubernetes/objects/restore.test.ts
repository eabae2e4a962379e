import { beforeAll, describe, expect, test } from '@jest/globals';
import { compareContents } from '../../../../activities/backup/compare.js';
import type { Contents, Files } from '../../../../activities/backup/engine.js';
import type { Thing } from '../../../../activities/kubernetes/objects/model.js';
import { create, merge, SANDBOX_MS, until } from '../support.js';
import { contextOf, exists, filesOf, sourceOf, world, type World } from './support.js';

let where: World;
let files: Files;
let contents: Contents;
beforeAll(async () => {
  where = await world();
  const capture = await where.engine.capture(sourceOf(), contextOf(where));
  files = filesOf(capture);
  contents = await capture.contents(true);
}, SANDBOX_MS);

const read = async (path: string): Promise<Thing> => (await where.clients.call<Thing>({ path })).body;
const specOf = async (path: string) => (await read(path))['spec'] as Record<string, unknown>;

describe('restore', () => {
  test('beside the live namespace: complete, asleep, equal, and dropped again by tag only', async () => {
    const { engine, namespace, clients, tag } = where;
    const context = contextOf(where);
    const into = `${namespace}-copy`;
    expect(await engine.inspectRestore?.(sourceOf(), into, 0, context)).toMatchObject({
      problems: [],
      liveName: namespace,
    });
    for (const attempt of [1, 2]) {
      const copy = await engine.restore?.(sourceOf(), files, into, context);
      const restored = (await copy?.contents(true)) ?? { items: [], facts: {} };
      expect([attempt, compareContents(contents, restored, true)]).toEqual([attempt, []]);
      expect(copy?.notes?.join('\n')).toMatch(/no pods(.|\n)*Ingress.networking.k8s.io web was not created/);
      expect(copy?.notes?.join('\n')).toContain(`Widget.${tag}.example.com one was not created`);
      expect(copy?.notes?.join('\n')).toMatch(/ClusterRoleBinding.*existed already with other contents/);
    }
    const apps = `/apis/apps/v1/namespaces/${into}`;
    expect(await specOf(`${apps}/deployments/web`)).toMatchObject({ replicas: 0 });
    expect((await read(`${apps}/deployments/web`)).metadata.annotations?.['belay.dev/asleep']).toBe('{"replicas":2}');
    expect(await specOf(`/apis/batch/v1/namespaces/${into}/cronjobs/nightly`)).toMatchObject({ suspend: true });
    expect(await specOf(`/api/v1/namespaces/${into}/services/web`)).toMatchObject({ type: 'ClusterIP' });
    expect((await clients.call<{ items: unknown[] }>({ path: `/api/v1/namespaces/${into}/pods` })).body.items).toEqual(
      [],
    );
    const binding = await read(`/apis/rbac.authorization.k8s.io/v1/namespaces/${into}/rolebindings/own`);
    expect(binding['subjects']).toMatchObject([{ namespace: into }, { name: `system:serviceaccounts:${into}` }]);
    const secret = await read(`/api/v1/namespaces/${into}/secrets/key`);
    expect(secret['data']).toEqual((await read(`/api/v1/namespaces/${namespace}/secrets/key`))['data']);

    await merge(clients, `/api/v1/namespaces/${into}/configmaps/settings`, { data: { mode: 'slow' } });
    const again = await engine.restore?.(sourceOf(), files, into, context);
    const changed = compareContents(contents, (await again?.contents(true)) ?? { items: [], facts: {} }, true);
    expect(changed).toEqual([]);
    expect(again?.notes?.join('\n')).toContain(`ConfigMap ${into}/settings existed already with other contents`);

    const other = contextOf(where);
    await expect(engine.restore?.(sourceOf(), files, into, other)).rejects.toMatchObject({ type: 'NameTaken' });
    expect((await engine.inspectRestore?.(sourceOf(), into, 0, other))?.problems).toEqual([
      expect.stringContaining('exists already'),
    ]);
    await expect(engine.drop?.(sourceOf(), namespace, context)).rejects.toMatchObject({ type: 'NotOurs' });
    await expect(engine.drop?.(sourceOf(), 'kube-system', context)).rejects.toMatchObject({ type: 'NotOurs' });
    expect(await engine.drop?.(sourceOf(), into, context)).toBe(true);
    expect(await engine.drop?.(sourceOf(), into, context)).toBe(false);
    expect(await exists(where, `/api/v1/namespaces/${namespace}`)).toBe(true);
  }, 120_000);

  test('into its own name only when the namespace is gone: awake, and never dropped by us', async () => {
    const lost = await world();
    const { engine, namespace, clients } = lost;
    const capture = await engine.capture(sourceOf(), contextOf(lost));
    const saved = await capture.contents(true);
    const context = contextOf(lost);
    await expect(engine.restore?.(sourceOf(), filesOf(capture), namespace, context)).rejects.toMatchObject({
      type: 'NameTaken',
    });
    const crd = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${lost.tag}.example.com`;
    await clients.call({ method: 'DELETE', path: crd });
    await clients.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
    await until('the namespace is gone', async () => !(await exists(lost, `/api/v1/namespaces/${namespace}`)));
    const copy = await engine.restore?.(sourceOf(), filesOf(capture), namespace, context);
    expect(compareContents(saved, (await copy?.contents(true)) ?? { items: [], facts: {} }, true)).toEqual([]);
    await until('the pods are back', async () => {
      const { items } = (await clients.call<{ items: unknown[] }>({ path: `/api/v1/namespaces/${namespace}/pods` }))
        .body;
      return items.length >= 4;
    });
    expect(await exists(lost, `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/web`)).toBe(true);
    expect(await exists(lost, `/apis/${lost.tag}.example.com/v1/namespaces/${namespace}/widgets/one`)).toBe(true);
    await expect(engine.drop?.(sourceOf(), namespace, context)).rejects.toMatchObject({ type: 'NotOurs' });
  }, 180_000);

  test('what the cluster refuses leaves nothing behind, and names no secret', async () => {
    const { engine } = where;
    const context = contextOf(where);
    const text = new TextDecoder().decode(files.memory?.['objects.json']);
    const broken = (change: (list: { items: Thing[] }) => void): Files => {
      const list = JSON.parse(text) as { items: Thing[] };
      change(list);
      return { ...files, memory: { ...files.memory, 'objects.json': Buffer.from(JSON.stringify(list)) } };
    };
    const into = `${where.namespace}-bad`;
    const refused = broken(({ items }) => {
      const deployment = items.find((thing) => thing.kind === 'Deployment');
      if (deployment) deployment['spec'] = { template: {} };
      const secret = items.find((thing) => thing.kind === 'Secret');
      if (secret) secret['data'] = { password: 'not base64: hunter2' };
    });
    for (const work of [
      () => engine.restore?.(sourceOf(), refused, into, context),
      () => engine.rehearse(sourceOf(), refused, context),
    ]) {
      const failure: unknown = await work()?.catch((error: unknown) => error);
      expect(failure).toMatchObject({
        type: 'RestoreError',
        nonRetryable: true,
        message: expect.stringContaining('Deployment.apps'),
      });
      expect(String(failure)).toContain('Secret');
      expect(String(failure)).not.toContain('hunter2');
    }
    expect(await exists(where, `/api/v1/namespaces/${into}`)).toBe(false);
    const old = broken(({ items }) =>
      items.push({
        apiVersion: 'gone.example.com/v1',
        kind: 'Old',
        metadata: { name: 'x', namespace: where.namespace },
      }),
    );
    await expect(engine.rehearse(sourceOf(), old, context)).rejects.toMatchObject({
      type: 'RestoreError',
      message: expect.stringContaining('does not serve Old.gone.example.com'),
    });
    await expect(engine.restore?.(sourceOf(), files, 'Not_A_Name', context)).rejects.toMatchObject({
      type: 'Unsupported',
    });
  }, 120_000);

  test('a throwaway namespace that a crash has left is swept, other namespaces are not', async () => {
    const { engine, clients } = where;
    const name = `left-${where.tag}`;
    await create(clients, '/api/v1/namespaces', { metadata: { name, labels: { 'belay.dev/throwaway': 'run-x' } } });
    expect(await engine.sweep?.(Date.now() - 600_000)).not.toContain(`namespace ${name}`);
    expect(await engine.sweep?.(Date.now() + 60_000, contextOf(where))).toContain(`namespace ${name}`);
    expect(await exists(where, `/api/v1/namespaces/${name}`)).toBe(false);
    expect(await exists(where, `/api/v1/namespaces/${where.namespace}`)).toBe(true);
  }, 60_000);
});
