import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { built } from '../client/cli.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import type { Site } from '../scenarios/site.js';
import { Theatre } from '../scenarios/theatre.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { createEstate, type Estate, estateEnv } from './estate.js';

const SCENE_MS = 300_000;
let state: SandboxState;
let theatre: Theatre;
let estate: Estate;
let site: Site;

beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack', 'objectstore', 'postgres');
  await built();
  theatre = await Theatre.open(state, () => estateEnv(state));
  estate = await createEstate(state, { consumers: ['web'], sources: ['database', 'ledger', 'files'] });
  site = await theatre.site({ workloads: [{ name: 'web' }], describe: () => ({ backups: estate.backups }) });
}, SANDBOX_MS);
afterAll(async () => {
  await theatre?.close();
  await estate?.dispose();
}, 60_000);

const run = async (runbook: string, input: object) => (await theatre.start(site, runbook, input)).ending();

describe('on real servers', () => {
  test(
    'every source is backed up and restored, and every row and file compared',
    async () => {
      const { outcome, report, message } = await run('backup', {});
      expect(`${outcome} ${outcome === 'succeeded' ? '' : message}`).toBe('succeeded ');
      for (const source of ['database', 'ledger', 'files'])
        expect(report.summary).toMatch(new RegExp(`${source}: \\S+, verified at L6`));
    },
    SCENE_MS,
  );

  test(
    'a dropped table comes back by a swap, the old data is kept, and the consumer runs again',
    async () => {
      await estate.sql('DROP TABLE orders CASCADE');
      const { outcome, report, message } = await run('restore', { source: 'database', into: 'swap' });
      expect(`${outcome} ${outcome === 'succeeded' ? '' : message}`).toBe('succeeded ');
      expect(await estate.sql('SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 2_000 }]);
      expect(report.summary).toContain('the old data is kept as');
      const { status } = await site.cluster.apps.readNamespacedDeployment({ namespace: site.name, name: 'web' });
      expect(status?.readyReplicas).toBeGreaterThan(0);
      const kept = /kept as (\S+)/.exec(report.summary)?.[1] ?? '';
      expect(await estate.sql("SELECT to_regclass('orders') AS t", kept)).toEqual([{ t: null }]);
      const keeper = theatre.client.workflow.getHandle(`kept/${site.name}/${kept}`);
      await keeper.signal('keepUntil', new Date().toISOString());
      expect(await keeper.result()).toEqual({ dropped: true });
    },
    SCENE_MS,
  );

  test(
    'a drill measures both goals and leaves nothing behind',
    async () => {
      const { outcome, report, message } = await run('drTest', {
        rto: 300,
        rpo: 3_600,
        sources: ['database', 'ledger'],
      });
      expect(`${outcome} ${outcome === 'succeeded' ? '' : message}`).toBe('succeeded ');
      expect(report.summary).toMatch(/RTO \d+(\.\d)? s of 300 s: met; RPO \d+(\.\d)? s of 3600 s: met/);
      expect(await estate.databases(site.name)).toEqual([estate.database]);
    },
    SCENE_MS,
  );

  test(
    'the watch reads from the store that all are fresh',
    async () => {
      expect((await run('backupWatch', {})).outcome).toBe('succeeded');
    },
    SCENE_MS,
  );
});
