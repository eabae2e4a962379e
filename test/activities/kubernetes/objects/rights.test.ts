import { readFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeConfig } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { Engine } from '../../../../activities/backup/engine.js';
import { connectByContext } from '../../../../activities/kubernetes/index.js';
import { createKubernetesEngine } from '../../../../activities/kubernetes/objects/index.js';
import { create, SANDBOX_MS } from '../support.js';
import { contextOf, filesOf, sourceOf, world, type World } from './support.js';

let where: World;
beforeAll(async () => {
  where = await world();
}, SANDBOX_MS);

interface Role {
  metadata: { name: string };
  rules: object[];
}

async function shippedRole(name: string): Promise<object[]> {
  const text = await readFile(new URL('../../../../deploy/rbac/backup.yaml', import.meta.url), 'utf8');
  const roles = parseAllDocuments(text).map((one) => one.toJSON() as Role);
  return roles.find((role) => role.metadata.name === name)?.rules ?? [];
}

/** The engine as a service account that has only these rights, in the whole cluster. */
async function engineWith(rules: object[]): Promise<Engine<'kubernetes'>> {
  const { clients, namespace, kubeconfig } = where;
  const name = `worker-${randomBytes(3).toString('hex')}`;
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await create(clients, accounts, { metadata: { name } });
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  // Roles of this test shall not become part of other tests' backups.
  const labels = { 'kubernetes.io/bootstrapping': 'test' };
  await create(clients, `${rbac}/clusterroles`, { metadata: { name, labels }, rules });
  await create(clients, `${rbac}/clusterrolebindings`, {
    metadata: { name, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const { body } = await clients.call<{ status: { token: string } }>({
    method: 'POST',
    path: `${accounts}/${name}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  const connect = connectByContext((config: KubeConfig) => {
    config.loadFromFile(kubeconfig);
    const server = config.getCurrentCluster();
    if (!server) throw new Error('no cluster');
    config.loadFromClusterAndUser(server, { name, token: body.status.token });
  });
  return createKubernetesEngine(() => connect());
}

describe('the rights of deploy/rbac/backup.yaml', () => {
  test('belay-backup takes backups, and is told what it lacks to rehearse them', async () => {
    const engine = await engineWith(await shippedRole('belay-backup'));
    const context = contextOf(where);
    await engine.inspect(sourceOf(), context);
    const capture = await engine.capture(sourceOf(), context);
    const failure = engine.rehearse(sourceOf(), filesOf(capture), context);
    await expect(failure).rejects.toMatchObject({ type: 'Forbidden', message: expect.stringContaining('backup.yaml') });
    const { problems } = (await engine.inspectRestore?.(sourceOf(), 'some-copy', 0, context)) ?? { problems: [] };
    expect(problems).toEqual([expect.stringContaining('create namespaces')]);
  }, 60_000);

  test('belay-restore rehearses and restores', async () => {
    const engine = await engineWith(await shippedRole('belay-restore'));
    const context = contextOf(where);
    const capture = await engine.capture(sourceOf(), context);
    const rehearsal = await engine.rehearse(sourceOf(), filesOf(capture), context);
    expect(await rehearsal.contents(true)).toEqual(await capture.contents(true));
    await rehearsal.close();
    const into = `${where.namespace}-mine`;
    await engine.restore?.(sourceOf(), filesOf(capture), into, context);
    expect(await engine.drop?.(sourceOf(), into, context)).toBe(true);
  }, 120_000);

  test('a kind that may not be listed is named, and never left out in silence', async () => {
    const engine = await engineWith([
      { apiGroups: [''], resources: ['namespaces', 'configmaps'], verbs: ['get', 'list'] },
    ]);
    const failure = engine.inspect(sourceOf(), contextOf(where));
    await expect(failure).rejects.toMatchObject({
      type: 'Forbidden',
      nonRetryable: true,
      message: expect.stringMatching(/list secrets(.|\n)*excludeKinds/),
    });
    await expect(engine.capture(sourceOf(), contextOf(where))).rejects.toMatchObject({ type: 'Forbidden' });
  }, 60_000);
});

test('a namespace that is not there, a server that is away, and no namespace at all', async () => {
  const { engine } = where;
  const wrong = sourceOf({ namespaces: ['no-such-namespace'] });
  await expect(engine.capture(wrong, contextOf(where))).rejects.toMatchObject({ type: 'NotFound' });
  const { namespace: _, ...nowhere } = contextOf(where);
  await expect(engine.inspect(sourceOf(), nowhere)).rejects.toMatchObject({ type: 'NotFound' });
  const connect = connectByContext((config) =>
    config.loadFromClusterAndUser({ name: 'c', server: 'http://127.0.0.1:1', skipTLSVerify: false }, { name: 'u' }),
  );
  const away = createKubernetesEngine(() => connect());
  await expect(away.inspect(sourceOf(), contextOf(where))).rejects.toMatchObject({
    type: 'Unreachable',
    nonRetryable: false,
  });
}, 60_000);
