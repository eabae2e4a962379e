import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SystemInput } from '../../systems/schema.js';
import { freePort } from '../../sandbox/kit/ports.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { SCENE_MS, SideBySide } from './concurrent.js';
import { imagesOf, Theatre } from './theatre.js';

const scenes = new SideBySide(6);
let theatre: Theatre;

beforeAll(async () => {
  theatre = await Theatre.open(await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack', 'prometheus'));
  scenes.start();
}, SANDBOX_MS);
afterAll(() => theatre?.close(), 60_000);

const mutating = [
  'saveState',
  'markVerified',
  'setImage',
  'restoreState',
  'setPaused',
  'quarantine',
  'deleteStuckPods',
];

/** A workload whose new pods' share of failed requests may be at most 5 %. */
const gated = (base: SystemInput, prometheus: string | undefined): Partial<SystemInput> => ({
  prometheus: { url: prometheus ?? '' },
  smoke: [],
  // A gate's window has to fit into the bake.
  policies: { rollingUpdate: { ...base.policies?.rollingUpdate, bakeSeconds: 5 } },
  workloads: [
    {
      name: 'api',
      tier: 'app',
      gates: [
        {
          name: 'error rate',
          query:
            '(sum(rate(http_requests_total{namespace="{{namespace}}",pod=~"{{newPods}}",status=~"5.."}[{{window}}])) or vector(0))' +
            ' / sum(rate(http_requests_total{namespace="{{namespace}}",pod=~"{{newPods}}"}[{{window}}]))',
          max: 0.05,
          windowSeconds: 5,
          intervalSeconds: 1,
          count: 2,
          errorLimit: 0,
        },
      ],
    },
  ],
});

test(
  'three services: a dry run plans, the real run does just that, the rollback runbook goes back',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'a' }, { name: 'b', replicas: 2 }, { name: 'c' }] });
    // Named in another order than the description's.
    const tags = { c: '1.1', a: '1.1', b: '1.1' };
    const dry = await theatre.startUpdate(site, tags, { dryRun: true });
    const planned = await dry.ending();
    expect(planned.outcome).toBe('planned');
    expect((await dry.activities()).filter((name) => mutating.includes(name))).toEqual([]);
    expect(await imagesOf(site)).toEqual({ a: '1.0', b: '1.0', c: '1.0' });

    const real = await theatre.update(site, tags);
    expect(real.outcome).toBe('succeeded');
    expect(real.report.plan).toEqual(planned.report.plan);
    const updates = real.report.steps.filter((step) => step.name.startsWith('Update ')).map((step) => step.name);
    expect(updates).toEqual(['Update a', 'Update b', 'Update c']);
    expect(await imagesOf(site)).toEqual({ a: '1.1', b: '1.1', c: '1.1' });

    const back = await (await theatre.start(site, 'rollback', { workloads: ['a', 'b', 'c'] })).ending();
    expect(back.outcome).toBe('succeeded');
    expect(await imagesOf(site)).toEqual({ a: '1.0', b: '1.0', c: '1.0' });
    expect(await site.reports()).toHaveLength(3);
  }),
);

test(
  'a wrong tag is rolled back, the failure says what the registry said',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'api' }, { name: 'web' }] });
    const end = await theatre.update(site, { api: '1.1', web: '1.1-missing' });
    expect(end.outcome).toBe('RolledBack');
    expect(end.message).toMatch(/ErrImagePull|ImagePullBackOff/);
    expect(JSON.stringify(end.report.steps)).toContain('not found');
    expect(await imagesOf(site)).toEqual({ api: '1.0', web: '1.0' });
    const undone = end.report.steps.filter((step) => /^Roll back (api|web)$/.test(step.name)).map((step) => step.name);
    expect(undone).toEqual(['Roll back web', 'Roll back api']);
    const again = await theatre.update(site, { web: '1.1-missing' });
    expect(again.outcome).toBe('Quarantined');
  }),
  SCENE_MS,
);

test(
  'a crash at start is rolled back with exit code and log',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'api', replicas: 2 }] });
    const end = await theatre.update(site, { api: '1.1-crash' });
    expect(end.outcome).toBe('RolledBack');
    expect(end.message).toMatch(/exit code 1/);
    expect(JSON.stringify(end.report.steps)).toContain('cannot connect to database at startup');
    expect(await imagesOf(site)).toEqual({ api: '1.0' });
  }),
  SCENE_MS,
);

test(
  'pods that never get ready meet the deadline; an overridden quarantine is lifted by success',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'api' }, { name: 'slow' }] });
    const never = await theatre.update(site, { api: '1.1-notready' }, { deadlineSeconds: 6 });
    expect(never.outcome).toBe('RolledBack');
    expect(never.message).toMatch(/not rolled out in time.*not ready/);
    const late = await theatre.update(site, { slow: '1.1-slow8' }, { deadlineSeconds: 5 });
    expect(late.outcome).toBe('RolledBack');
    expect((await theatre.update(site, { slow: '1.1-slow8' })).outcome).toBe('Quarantined');
    const overridden = await theatre.update(site, { slow: '1.1-slow8' }, { overrideQuarantine: true });
    expect(overridden.outcome).toBe('succeeded');
    expect(await imagesOf(site)).toEqual({ api: '1.0', slow: '1.1-slow8' });
    const [map] = (await site.cluster.core.listNamespacedConfigMap({ namespace: site.name })).items.filter(
      ({ metadata }) => metadata?.name === 'belay-quarantine-deployment-slow',
    );
    expect(map?.data ?? {}).toEqual({});
  }),
  SCENE_MS,
);

test(
  'errors after readiness are caught by the smoke test',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'api' }] });
    const end = await theatre.update(site, { api: '1.1-5xx' });
    expect(end.outcome).toBe('RolledBack');
    expect(end.message).toMatch(/500/);
    expect(await imagesOf(site)).toEqual({ api: '1.0' });
  }),
  SCENE_MS,
);

test(
  'a breached metric gate rolls back, measured by Prometheus on the new pods',
  scenes.scene(async () => {
    const site = await theatre.site({
      workloads: [{ name: 'api', trafficRps: 20 }],
      describe: (base) => gated(base, theatre.sandbox.prometheus?.url),
    });
    const good = await theatre.update(site, { api: '1.1' });
    expect(good.outcome).toBe('succeeded');
    const end = await theatre.update(site, { api: '1.2-err20' });
    expect(end.outcome).toBe('RolledBack');
    expect(end.message).toMatch(/gate "error rate"/);
    expect(await imagesOf(site)).toEqual({ api: '1.1' });
  }),
  SCENE_MS,
);

test(
  'a Prometheus that is down gives no verdict: a person decides',
  scenes.scene(async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const site = await theatre.site({ workloads: [{ name: 'api' }], describe: (base) => gated(base, nobody) });
    const run = await theatre.startUpdate(site, { api: '1.1' }, { bakeSeconds: 0 });
    const { hold } = await run.held();
    expect(hold?.name).toBe('noVerdict');
    expect(hold?.question).toMatch(/could not be measured/);
    await run.verb('accept', { actor: 'bob', reason: 'looked at it myself' });
    expect((await run.ending()).outcome).toBe('succeeded');
  }),
  SCENE_MS,
);

test(
  'an ordered StatefulSet goes back although its broken pod would block it',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'db', kind: 'StatefulSet', replicas: 3 }] });
    const end = await theatre.update(site, { db: '1.1-crash' });
    expect(end.outcome).toBe('RolledBack');
    expect(await imagesOf(site)).toEqual({ db: '1.0' });
    const pods = await site.cluster.core.listNamespacedPod({ namespace: site.name });
    expect(pods.items.map(({ spec }) => spec?.containers[0]?.image)).toEqual(Array(3).fill(site.image('db', '1.0')));
    expect(pods.items.every(({ status }) => status?.containerStatuses?.[0]?.ready)).toBe(true);
  }),
  SCENE_MS,
);

test(
  'a DaemonSet is updated, and a crash in the bake rolls back',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'agent', kind: 'DaemonSet' }, { name: 'api' }] });
    const good = await theatre.update(site, { agent: '1.1' });
    expect(good.outcome).toBe('succeeded');
    const end = await theatre.update(site, { api: '1.1-dies4' }, { bakeSeconds: 30 });
    expect(end.outcome).toBe('RolledBack');
    expect(end.message).toMatch(/exit code 2/);
    expect(await imagesOf(site)).toEqual({ agent: '1.1', api: '1.0' });
  }),
  SCENE_MS,
);
