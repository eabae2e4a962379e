import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectByContext, type KubeClients } from '../../activities/kubernetes/index.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { type Ending, Theatre } from '../scenarios/theatre.js';
import { createEstate, type Estate } from './estate.js';
import { changed, fieldsOf, see, type Sight } from './fields.js';
import { workloads } from './objects.js';

const SCENE_MS = 280_000;
const mutating = ['takeSnapshot', 'setFields', 'waitStopped', 'waitReady', 'closeShutdown', 'collectEvidence'];

/** All but the DaemonSet. */
const scaled = workloads.flatMap((one) => ('replicas' in one ? [one] : []));

let theatre: Theatre;
let estate: Estate;
let clients: KubeClients;
/** Before the first shutdown, while down, and after the first recovery. */
let before: Sight;
let down: Sight;
let back: Sight;

const look = (): Promise<Sight> => see(clients, estate.name);
const run = async (runbook: string, input: object = {}) => theatre.start(estate, runbook, input);
const ended = async (runbook: string, input: object = {}): Promise<Ending> => (await run(runbook, input)).ending();
/** The outcome, with the reason where it is not a success: a failing assertion then says why. */
const said = ({ outcome, message }: Ending): string => (outcome === 'succeeded' ? outcome : `${outcome}: ${message}`);

beforeAll(async () => {
  const state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack');
  theatre = await Theatre.open(state);
  estate = await createEstate(state, theatre.ground);
  clients = connectByContext((config) => config.loadFromFile(state.kubernetes?.kubeconfig ?? ''))();
  before = await look();
}, SANDBOX_MS);
afterAll(async () => {
  await theatre?.close();
  await estate?.dispose();
}, 60_000);

/** Names of pods by the workload's label; those of the job aside, which is told of and never stopped. */
async function pods(): Promise<string[]> {
  const { items } = await estate.cluster.core.listNamespacedPod({ namespace: estate.name });
  return items.flatMap(({ metadata }) => metadata?.labels?.['app'] ?? []).toSorted();
}

async function readyPods(): Promise<Record<string, number>> {
  const { items } = await estate.cluster.core.listNamespacedPod({ namespace: estate.name });
  const counts: Record<string, number> = {};
  for (const { metadata, status } of items) {
    const app = metadata?.labels?.['app'];
    const ready = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
    if (app !== undefined && ready && !metadata?.deletionTimestamp) counts[app] = (counts[app] ?? 0) + 1;
  }
  return counts;
}

async function readyEndpoints(): Promise<number> {
  const { items } = await estate.cluster.discovery.listNamespacedEndpointSlice({ namespace: estate.name });
  return items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready).length;
}

describe('shutdown', () => {
  test(
    'a dry run plans and touches nothing',
    async () => {
      const dry = await run('emergencyShutdown', { dryRun: true });
      const { outcome, message, report } = await dry.ending();
      expect(`${outcome} ${outcome === 'planned' ? '' : message}`).toBe('planned ');
      expect((await dry.activities()).filter((name) => mutating.includes(name))).toEqual([]);
      expect(changed(before, await look())).toEqual([]);
      const plan = JSON.stringify(report.plan);
      for (const { name } of workloads) expect(plan).toContain(name);
    },
    SCENE_MS,
  );

  test(
    'all twelve are down, what would wake them is held, and nothing is gone but pods',
    async () => {
      const end = await ended('emergencyShutdown');
      expect(said(end)).toBe('succeeded');
      expect(await pods()).toEqual([]);
      expect(await readyEndpoints()).toBe(0);
      down = await look();
      expect(Object.keys(down)).toEqual(Object.keys(before));
      const uids = (sight: Sight) => Object.entries(sight).map(([key, { uid }]) => `${key} ${uid}`);
      expect(uids(down)).toEqual(uids(before));
      for (const { kind, name } of scaled)
        expect([name, fieldsOf(down, `${kind}/${name}`)['/spec/replicas']]).toEqual([name, 0]);
      for (const name of ['api', 'search']) {
        const behavior = fieldsOf(down, `HorizontalPodAutoscaler/${name}`)['/spec/behavior'];
        expect(behavior).toMatchObject({
          scaleUp: { selectPolicy: 'Disabled' },
          scaleDown: { selectPolicy: 'Disabled' },
        });
      }
      for (const name of ['nightly', 'quarterly'])
        expect(fieldsOf(down, `CronJob/${name}`)['/spec/suspend']).toBe(true);
      const routes = Object.keys(before).filter((key) => key.startsWith('Ingress/'));
      expect(changed(before, down)).toEqual(expect.arrayContaining(routes));
    },
    SCENE_MS,
  );

  test(
    'the report gives the snapshot and the input of the recovery, and says what it left alone',
    async () => {
      const reports = (await estate.reports()).map((text) => JSON.parse(text) as { runbook: string; dryRun: boolean });
      const report = reports.find(({ runbook, dryRun }) => runbook === 'emergencyShutdown' && !dryRun);
      const text = JSON.stringify(report);
      expect(text).toContain('emergencyRecovery');
      expect(text).toContain('migration');
    },
    SCENE_MS,
  );

  test(
    'a second shutdown while down adopts the first snapshot',
    async () => {
      const kept = await snapshots();
      expect(kept.length).toBeGreaterThan(0);
      const end = await ended('emergencyShutdown');
      expect(said(end)).toBe('succeeded');
      expect(await snapshots()).toEqual(kept);
      expect(changed(down, await look())).toEqual([]);
    },
    SCENE_MS,
  );
});

describe('recovery', () => {
  test(
    'a dry run plans and touches nothing',
    async () => {
      const dry = await run('emergencyRecovery', { dryRun: true });
      const { outcome, message } = await dry.ending();
      expect(`${outcome} ${outcome === 'planned' ? '' : message}`).toBe('planned ');
      expect((await dry.activities()).filter((name) => mutating.includes(name))).toEqual([]);
      expect(changed(down, await look())).toEqual([]);
    },
    SCENE_MS,
  );

  test(
    'everything that Belay may touch, and all else of every spec, is as it was',
    async () => {
      const end = await ended('emergencyRecovery');
      expect(said(end)).toBe('succeeded');
      back = await look();
      expect(Object.keys(back)).toEqual(Object.keys(before));
      for (const key of changed(before, back)) expect({ [key]: back[key] }).toEqual({ [key]: before[key] });
    },
    SCENE_MS,
  );

  test('every workload has the ready pods that it had, and serves again', async () => {
    const counts = await readyPods();
    for (const { name, replicas } of scaled) expect([name, counts[name] ?? 0]).toEqual([name, replicas]);
    expect(counts['agent']).toBeGreaterThan(0);
    expect(await readyEndpoints()).toBeGreaterThan(0);
  });

  test('what was at zero stays so', () => {
    expect(fieldsOf(back, 'Deployment/importer')).toEqual({ '/spec/replicas': 0 });
    expect(fieldsOf(back, 'StatefulSet/archive')).toMatchObject({ '/spec/replicas': 0 });
  });

  test('a StatefulSet that deletes its claims when scaled down kept them, and deletes them again from now on', () => {
    const policy = '/spec/persistentVolumeClaimRetentionPolicy/whenScaled';
    expect(fieldsOf(down, 'StatefulSet/queue')).toEqual({ '/spec/replicas': 0, [policy]: 'Retain' });
    expect(fieldsOf(back, 'StatefulSet/queue')).toEqual({ '/spec/replicas': 2, [policy]: 'Delete' });
    for (const claim of ['PersistentVolumeClaim/data-queue-0', 'PersistentVolumeClaim/data-queue-1'])
      expect([claim, back[claim]?.uid]).toEqual([claim, before[claim]?.uid ?? 'none']);
  });

  test('an autoscaler has its behaviour again, one without has none', () => {
    expect(fieldsOf(back, 'HorizontalPodAutoscaler/api')['/spec/behavior']).toMatchObject({
      scaleUp: { selectPolicy: 'Min' },
      scaleDown: { stabilizationWindowSeconds: 60 },
    });
    expect(fieldsOf(back, 'HorizontalPodAutoscaler/search')).toEqual({ '/spec/behavior': null });
  });

  test('a suspended CronJob stays suspended, the other runs', () => {
    expect(fieldsOf(back, 'CronJob/quarterly')).toEqual({ '/spec/suspend': true });
    expect(fieldsOf(back, 'CronJob/nightly')).toEqual({ '/spec/suspend': false });
  });

  test('a Deployment paused half-way runs its old version, still paused', async () => {
    const { apps, core } = estate.cluster;
    const { spec } = await apps.readNamespacedDeployment({ namespace: estate.name, name: 'billing' });
    expect(spec?.paused).toBe(true);
    const { items } = await core.listNamespacedPod({ namespace: estate.name, labelSelector: 'app=billing' });
    const images = items.map((pod) => pod.spec?.containers[0]?.image);
    expect(images).toEqual([estate.image('billing', '1.0'), estate.image('billing', '1.0')]);
  });

  test(
    'a second recovery changes nothing',
    async () => {
      const generations = await generationsOf();
      const end = await ended('emergencyRecovery');
      expect(['succeeded', 'NothingToRecover']).toContain(end.outcome);
      expect(changed(back, await look())).toEqual([]);
      expect(await generationsOf()).toEqual(generations);
    },
    SCENE_MS,
  );

  test(
    'a second round goes from the state of now, not from the first snapshot',
    async () => {
      const { apps } = estate.cluster;
      await apps.patchNamespacedDeployment({
        namespace: estate.name,
        name: 'web',
        body: [{ op: 'replace', path: '/spec/replicas', value: 3 }],
      });
      expect(said(await ended('emergencyShutdown', { mode: 'immediate' }))).toBe('succeeded');
      expect(await pods()).toEqual([]);
      expect(said(await ended('emergencyRecovery'))).toBe('succeeded');
      const after = await look();
      expect(fieldsOf(after, 'Deployment/web')).toEqual({ '/spec/replicas': 3 });
      expect(changed(back, after)).toEqual(['Deployment/web']);
    },
    SCENE_MS,
  );
});

/** Names and versions of what Belay remembers in the namespace. */
async function snapshots(): Promise<string[]> {
  const { items } = await estate.cluster.core.listNamespacedConfigMap({
    namespace: estate.name,
    labelSelector: 'app.kubernetes.io/managed-by=belay',
  });
  return items
    .filter(({ immutable }) => immutable)
    .map(({ metadata }) => `${metadata?.name} ${metadata?.resourceVersion}`)
    .toSorted();
}

/** A write that changes a spec counts one up, even where it is undone by another. */
async function generationsOf(): Promise<string[]> {
  const { apps } = estate.cluster;
  const namespace = estate.name;
  const lists = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    apps.listNamespacedStatefulSet({ namespace }),
    apps.listNamespacedDaemonSet({ namespace }),
  ]);
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata?.name} ${metadata?.generation}`));
}
