import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { createFolderStore } from '../../../../activities/evidence/index.js';
import { createEmergencyActivities } from '../../../../activities/kubernetes/emergency/index.js';
import { keyOf } from '../../../../activities/kubernetes/emergency/place.js';
import type { FieldChange, Json, SavedKind, SavedObject } from '../../../../activities/kubernetes/emergency/types.js';
import { clientsWithRights, cluster, type Cluster, deploy, run, runRef, SANDBOX_MS, soon, until } from '../support.js';
import { extensions } from './extensions.js';
import { make, surveyInput } from './support.js';

let where: Cluster;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'belay-course-'));
  where = await cluster();
  await extensions(where.clients);
}, SANDBOX_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

const DOWN: Partial<Record<SavedKind, Record<string, Json>>> = {
  Deployment: { '/spec/replicas': 0 },
  StatefulSet: { '/spec/replicas': 0 },
  DaemonSet: { '/spec/template/spec/nodeSelector': { 'belay.dev/nowhere': 'true' } },
  HorizontalPodAutoscaler: {
    '/spec/behavior': { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: { selectPolicy: 'Disabled' } },
  },
  ScaledObject: { '/metadata/annotations/autoscaling.keda.sh~1paused-replicas': '0' },
  CronJob: { '/spec/suspend': true },
  Application: { '/spec/syncPolicy/automated': null },
  Ingress: { '/spec/ingressClassName': 'none' },
  HTTPRoute: { '/spec/parentRefs': null },
};

const rulesOf = async (file: string): Promise<object[]> => {
  const text = await readFile(new URL(`../../../../deploy/rbac/${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text).flatMap((one) => (one.toJSON() as { rules: object[] }).rules);
};

async function fill(): Promise<void> {
  const { clients, namespace } = where;
  await Promise.all([
    deploy(where, { name: 'web', replicas: 2 }),
    deploy(where, { name: 'idle', replicas: 0 }),
    deploy(where, { kind: 'StatefulSet', name: 'db', replicas: 1 }),
    deploy(where, { kind: 'DaemonSet', name: 'agent' }),
    make(clients, 'HorizontalPodAutoscaler', namespace, 'web', {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 5,
      },
    }),
    make(clients, 'ScaledObject', namespace, 'idle', { spec: { scaleTargetRef: { name: 'idle' } } }),
    make(clients, 'CronJob', namespace, 'nightly', {
      spec: {
        schedule: '0 3 * * *',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'team/job:1' }] } } },
        },
      },
    }),
    make(clients, 'Ingress', namespace, 'web', {
      spec: { ingressClassName: 'nginx', defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    }),
    make(clients, 'HTTPRoute', namespace, 'api', {
      spec: { parentRefs: [{ name: 'gate' }], rules: [{ name: 'all' }] },
    }),
    make(clients, 'Application', namespace, 'shop', { spec: { syncPolicy: { automated: { selfHeal: true } } } }),
  ]);
}

test('a worker with the rights of deploy/rbac takes a system down and brings it back as it was', async () => {
  await fill();
  const { namespace } = where;
  const clients = await clientsWithRights(where, 'belay-worker', [
    ...(await rulesOf('clusterrole.yaml')),
    ...(await rulesOf('emergency.yaml')),
  ]);
  const activities = createEmergencyActivities({
    connect: () => clients,
    evidence: createFolderStore(folder),
    registry: { resolveImage: async () => ({ status: 'resolved', digest: `sha256:${'0'.repeat(64)}`, platforms: [] }) },
  });
  const place = { namespace };
  const by = runRef();
  const input = surveyInput(namespace, { gitops: [{ kind: 'Application', namespace, name: 'shop' }] });
  const survey = await until('all pods are ready', async () => {
    const found = await run(activities.surveySystem, input);
    const ready = found.objects.map(({ facts }) => facts['ready']);
    return ready.includes(2) && !ready.slice(1).includes(0) ? found : undefined;
  });
  expect(survey).toMatchObject({ problems: [], missingRights: [], down: [] });
  expect(new Set(survey.objects.map(({ ref }) => ref.kind))).toEqual(new Set(Object.keys(DOWN)));

  const keys = survey.objects.map(({ ref }) => keyOf(place, ref));
  const taken = await run(activities.takeSnapshot, { ...input, id: 'down-1', keys, run: by });
  expect(taken).toMatchObject({ adopted: false, warnings: [], objects: expect.any(Array) });
  expect((await run(activities.surveySystem, input)).down).toEqual(['down-1']);

  const down: FieldChange[] = taken.objects.map(({ ref }) => ({ ref, fields: DOWN[ref.kind] ?? {} }));
  const was = Object.fromEntries(taken.objects.map(({ ref, fields }) => [keyOf(place, ref), fields]));
  const stopping = await run(activities.setFields, {
    place,
    changes: down,
    mark: { snapshot: 'down-1', was },
    run: by,
  });
  expect(stopping.filter(({ problem }) => problem !== undefined)).toEqual([]);
  const workloads = taken.objects.filter(({ role }) => role === 'workload').map(({ ref }) => ref);
  const evidence = await run(activities.collectEvidence, { place, system: 'shop', id: 'down-1', workloads, run: by });
  expect(evidence.problems).toEqual([]);
  const stopped = await run(activities.waitStopped, { place, workloads, deadlineAt: soon(), kill: true });
  expect(stopped).toMatchObject({ left: [], pods: 0 });

  const read = await run(activities.readSnapshot, { ...input, snapshot: 'latest' });
  const objects: SavedObject[] = read.found ? read.objects : [];
  expect(objects.map(({ ref }) => keyOf(place, ref)).toSorted()).toEqual(keys.toSorted());
  const differing = await run(activities.compareWithSnapshot, { place, objects });
  expect(new Set(differing.map(({ key }) => key)).size).toBe(keys.length - 1);
  const images = { insecureRegistries: [], mirrors: {} };
  const checked = await run(activities.checkRecovery, { place, objects, images });
  expect(checked.problems).toEqual([]);

  const up = objects.map(({ ref, fields }) => ({ ref, fields }));
  const starting = await run(activities.setFields, { place, changes: up, unmark: true, run: by });
  expect(starting.filter(({ problem }) => problem !== undefined)).toEqual([]);
  const awaited = objects.flatMap(({ ref, role, fields, facts }) =>
    role === 'workload' ? [{ ref, replicas: Number(fields['/spec/replicas'] ?? facts['pods']) }] : [],
  );
  expect(await run(activities.waitReady, { place, workloads: awaited, deadlineAt: soon() })).toMatchObject({
    left: [],
  });
  expect(await run(activities.compareWithSnapshot, { place, objects })).toEqual([]);
  await run(activities.closeShutdown, { place, system: 'shop', snapshots: ['down-1'], run: by });
  expect((await run(activities.surveySystem, input)).down).toEqual([]);

  const ref = { namespace, kind: 'Deployment' as const, name: 'web' };
  const previous = await run(activities.setAutoscalerRange, { ref, autoscaler: 'web', min: 3, max: 6, run: by });
  expect(previous).toEqual({ previous: { min: 2, max: 5 } });
  const web = objects.find((one) => one.ref.name === 'web' && one.role === 'workload');
  const standing = { uid: web?.ref.uid ?? '', templateHash: web?.facts['templateHash'] as string };
  const restarted = await run(activities.restartWorkload, { ref, ...standing, run: by });
  expect(restarted.changed).toBe(true);
}, 180_000);
