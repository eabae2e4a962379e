import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { up } from '../../sandbox/index.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { SCENE_MS, SideBySide } from './concurrent.js';
import { createIdentity, deployedRules, setRules, withoutOnDeployments } from './identity.js';
import type { Site } from './site.js';
import { imagesOf, Theatre } from './theatre.js';

const scenes = new SideBySide(4);
let theatre: Theatre;

beforeAll(async () => {
  theatre = await Theatre.open(await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack'));
  scenes.start();
}, SANDBOX_MS);
afterAll(() => theatre?.close(), 60_000);

/** Changes the image behind Belay's back, as `kubectl set image` does. */
const strangersWrite = (site: Site, name: string, tag: string) =>
  site.cluster.apps.patchNamespacedDeployment({
    name,
    namespace: site.name,
    fieldManager: 'stranger',
    body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: site.image(name, tag) }],
  });

test(
  "a stranger's write during the watch ends the run as Superseded and stays",
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'first' }, { name: 'api' }] });
    const run = await theatre.startUpdate(site, { first: '1.1', api: '1.1-slow20' });
    await run.until(
      'watching api',
      ({ steps }) => steps.filter((step) => step.name === 'Watch the rollout').length === 2,
    );
    await strangersWrite(site, 'api', '9.9');
    const end = await run.ending();
    expect(end.outcome).toBe('Superseded');
    // Ours goes back, theirs stays.
    expect(await imagesOf(site)).toEqual({ first: '1.0', api: '9.9' });
  }),
  SCENE_MS,
);

test(
  'a workload that is deleted during the watch ends the run as TargetReplaced',
  scenes.scene(async () => {
    const site = await theatre.site({ workloads: [{ name: 'api' }] });
    const run = await theatre.startUpdate(site, { api: '1.1-slow20' });
    await run.watching();
    await site.cluster.apps.deleteNamespacedDeployment({ name: 'api', namespace: site.name });
    expect((await run.ending()).outcome).toBe('TargetReplaced');
  }),
  SCENE_MS,
);

test(
  'the rights of deploy/rbac are enough; a missing one is named; lost half-way it holds until it is back',
  scenes.scene(async () => {
    const limited = await Theatre.open(theatre.sandbox, (folder) => ({
      KUBECONFIG: join(folder, 'limited.kubeconfig'),
    }));
    try {
      const site = await limited.site({ workloads: [{ name: 'one' }, { name: 'two' }] });
      const rules = await deployedRules();
      const noPatch = withoutOnDeployments(rules, 'patch');
      await createIdentity(site, noPatch, limited.ground.env['KUBECONFIG'] ?? '');
      const refused = await limited.update(site, { one: '1.1' });
      expect(refused.outcome).toBe('PreflightFailed');
      expect(refused.message).toContain('patch deployments.apps');

      await setRules(site, rules);
      expect((await limited.update(site, { one: '1.1' })).outcome).toBe('succeeded');

      const run = await limited.startUpdate(site, { one: '1.2', two: '1.2-slow30' });
      await run.until(
        'watching two',
        ({ steps }) => steps.filter((step) => step.name === 'Watch the rollout').length === 2,
      );
      await setRules(site, noPatch);
      await run.verb('abort', { actor: 'bob', reason: 'scenario' });
      const { hold } = await run.held();
      expect(hold?.name).toBe('rollbackFailed');
      expect(hold?.question).toMatch(/not every workload is back/);
      expect(Object.values(hold?.state ?? {}).join()).toMatch(/patch|forbidden/i);
      await setRules(site, rules);
      await run.verb('retryRollback', { actor: 'bob', reason: 'rights are back' });
      expect((await run.ending()).outcome).toBe('RolledBack');
      expect(await imagesOf(site)).toEqual({ one: '1.1', two: '1.0' });
    } finally {
      await limited.close();
    }
  }),
);

test(
  'an API server that does not answer for a while in the middle delays the run and changes nothing else',
  scenes.scene(async () => {
    // A cluster of its own: nobody else may notice. The run's teardown stops it.
    const own = await up({
      name: `${theatre.sandbox.name}-away`,
      components: ['kubernetes', 'services', 'registry', 'slack'],
      persistent: false,
      progress: () => undefined,
    });
    const { temporal } = theatre.sandbox;
    const away = await Theatre.open({ ...own, ...(temporal && { temporal }) });
    const apiServer = own.pids['kube-apiserver'];
    if (apiServer === undefined) throw new Error('the sandbox does not say which process the API server is');
    try {
      const site = await away.site({ workloads: [{ name: 'one' }, { name: 'two' }] });
      const run = await away.startUpdate(site, { one: '1.1-slow4', two: '1.1' });
      await run.watching();
      process.kill(apiServer, 'SIGSTOP');
      try {
        await sleep(20_000);
        expect((await run.handle.describe()).status.name).toBe('RUNNING');
      } finally {
        process.kill(apiServer, 'SIGCONT');
      }
      expect((await run.ending()).outcome).toBe('succeeded');
      expect(await imagesOf(site)).toEqual({ one: '1.1-slow4', two: '1.1' });
      const { items } = await site.cluster.apps.listNamespacedDeployment({ namespace: site.name });
      expect(items.map(({ metadata }) => metadata?.generation)).toEqual([2, 2]);
    } finally {
      await away.close();
    }
  }),
);
