import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { RESOURCES } from '../../../../activities/kubernetes/emergency/resources.js';
import { setFields } from '../../../../activities/kubernetes/emergency/setFields.js';
import type { ObjectRef } from '../../../../activities/kubernetes/emergency/types.js';
import { waitReady } from '../../../../activities/kubernetes/emergency/waitReady.js';
import { waitStopped } from '../../../../activities/kubernetes/emergency/waitStopped.js';
import { type Cluster, clientsWithRights, cluster, deploy, live, runRef, SANDBOX_MS, soon } from '../support.js';
import { inPlace } from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

async function rulesOf(file: string): Promise<object[]> {
  const text = await readFile(new URL(`../../../../deploy/rbac/${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as { rules: object[] }).rules);
}

test('the rights of deploy/rbac are enough to stop without grace and to start again', async () => {
  const rules = [...(await rulesOf('clusterrole.yaml')), ...(await rulesOf('emergency.yaml'))];
  const clients = await clientsWithRights(where, 'belay-worker', rules);
  const refs = await Promise.all(
    (['Deployment', 'StatefulSet'] as const).map(async (kind): Promise<ObjectRef> => {
      const ref = await deploy(where, { kind, name: `rights-${kind.toLowerCase()}`, replicas: 1 });
      const { metadata } = await live(where, ref);
      return { ...ref, kind, apiVersion: RESOURCES[kind].apiVersion, uid: metadata.uid };
    }),
  );
  const scale = (replicas: number) =>
    inPlace(clients, where.namespace, (calls) =>
      setFields(calls, {
        place: calls.place,
        changes: refs.map((ref) => ({ ref, fields: { '/spec/replicas': replicas } })),
        run: runRef(),
      }),
    );
  const ready = () =>
    inPlace(clients, where.namespace, (calls) =>
      waitReady(calls, {
        place: calls.place,
        workloads: refs.map((ref) => ({ ref, replicas: 1 })),
        deadlineAt: soon(),
      }),
    );
  const changed = refs.map(({ kind, name }) => ({ key: `${kind}/${name}`, outcome: 'changed' }));
  expect((await ready()).left).toEqual([]);
  expect(await scale(0)).toEqual(changed);
  const stopped = await inPlace(clients, where.namespace, (calls) =>
    waitStopped(calls, { place: calls.place, workloads: refs, deadlineAt: soon(), kill: true }),
  );
  expect(stopped).toMatchObject({ left: [], pods: 0 });
  expect(await scale(1)).toEqual(changed);
  expect((await ready()).left).toEqual([]);
}, 60_000);
