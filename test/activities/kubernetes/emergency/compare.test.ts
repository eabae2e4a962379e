import { beforeAll, expect, test } from '@jest/globals';
import { compareWithSnapshot } from '../../../../activities/kubernetes/emergency/compare.js';
import { lookAtObjects } from '../../../../activities/kubernetes/emergency/lookAtObjects.js';
import { objectPath } from '../../../../activities/kubernetes/emergency/resources.js';
import { workloadPath } from '../../../../activities/kubernetes/model/paths.js';
import { cluster, type Cluster, deploy, merge, SANDBOX_MS } from '../support.js';
import { extensions } from './extensions.js';
import { inPlace, make, surveyInput } from './support.js';

let where: Cluster;
let elsewhere: Cluster;
beforeAll(async () => {
  [where, elsewhere] = [await cluster(), await cluster()];
  await extensions(where.clients);
}, SANDBOX_MS);

test('tells every field that is not as it was, and nothing else', async () => {
  const { clients, namespace } = where;
  const web = await deploy(where, { name: 'web', replicas: 1 });
  const db = await deploy(where, { kind: 'StatefulSet', name: 'db', replicas: 0 });
  const agent = await deploy(where, { kind: 'DaemonSet', name: 'agent' });
  await make(clients, 'ScaledObject', namespace, 'web', { spec: { scaleTargetRef: { name: 'web' } } });
  const app = { kind: 'Application' as const, namespace: elsewhere.namespace, name: 'shop' };
  await make(clients, app.kind, app.namespace, app.name, { spec: { syncPolicy: { automated: { prune: true } } } });
  const input = surveyInput(namespace, { gitops: [app] });
  const { objects } = await inPlace(clients, namespace, (calls) => lookAtObjects(calls, input));
  const compare = () =>
    inPlace(clients, namespace, (calls) => compareWithSnapshot(calls, { place: { namespace }, objects }));
  expect(objects).toHaveLength(5);
  expect(await compare()).toEqual([]);

  await merge(clients, workloadPath(web), { spec: { replicas: 0 }, metadata: { annotations: { note: 'x' } } });
  await merge(clients, workloadPath(agent), { spec: { template: { spec: { nodeSelector: { none: 'such' } } } } });
  const keda = objectPath({ kind: 'ScaledObject', namespace, name: 'web' });
  await merge(clients, keda, { metadata: { annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } } });
  await merge(clients, objectPath(app), { spec: { syncPolicy: { automated: null } } });
  await clients.call({ method: 'DELETE', path: workloadPath(db) });
  const paused = '/metadata/annotations/autoscaling.keda.sh~1paused-replicas';
  expect(await compare()).toEqual([
    { key: 'Deployment/web', what: '/spec/replicas', was: 1, is: 0 },
    { key: 'StatefulSet/db', what: '', was: expect.objectContaining({ '/spec/replicas': 0 }), is: null },
    { key: 'DaemonSet/agent', what: '/spec/template/spec/nodeSelector', was: null, is: { none: 'such' } },
    { key: 'ScaledObject/web', what: paused, was: null, is: '0' },
    {
      key: `Application ${app.namespace}/shop`,
      what: '/spec/syncPolicy/automated',
      was: { prune: true },
      is: null,
    },
  ]);

  await merge(clients, workloadPath(web), { spec: { replicas: 1 } });
  await merge(clients, workloadPath(agent), { spec: { template: { spec: { nodeSelector: null } } } });
  await merge(clients, keda, { metadata: { annotations: { 'autoscaling.keda.sh/paused-replicas': null } } });
  await merge(clients, objectPath(app), { spec: { syncPolicy: { automated: { prune: true } } } });
  await deploy(where, { kind: 'StatefulSet', name: 'db', replicas: 0 });
  expect(await compare()).toEqual([]);
});
