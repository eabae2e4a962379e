import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness } from '../harness.js';
import { Vault } from './vault.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

/** All that a dry run may call. The report is our own account of it. */
const reading = [
  'resolveInput',
  'inspectSource',
  'inspectStore',
  'inspectRestore',
  'listBackups',
  'readScale',
  'describeRun',
  'saveReport',
];
const consumers = [{ name: 'orders', type: 'postgres', host: 'db', database: 'orders', consumers: ['web'] }];

test.each<[string, object]>([
  ['backup', {}],
  ['verifyBackup', { source: 'orders', backup: 'latest', level: 'L6' }],
  ['restore', { source: 'orders', backup: 'latestVerified', into: 'swap', allowUnverified: false }],
  ['restore', { source: 'orders', backup: 'latestVerified', into: { new: 'look' }, allowUnverified: false }],
  ['drTest', { rto: 60, rpo: 60, pick: 'newest' }],
  ['retention', {}],
])('%s %j: a dry run reads, and gives the plan that a real run would follow', async (runbook, input) => {
  const one = new Vault(`dry-${process.pid}-${runbook.toLowerCase()}-${JSON.stringify(input).length}`, ['orders'], {
    backups: { sources: consumers, retention: { keepLast: 1, apply: true } },
  });
  one.published('orders', { level: 'L5' });
  await harness.with(one, async (queue) => {
    const run = await queue.start(runbook, { ...input, dryRun: true });
    const report = await run.report();
    expect(report.outcome).toBe('planned');
    expect(report.plan?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect((await run.activities()).filter((name) => !reading.includes(name))).toEqual([]);
    expect(one.done.filter((line) => !reading.some((name) => line.startsWith(`${name} `)))).toEqual([]);
  });
});

test('a look at the ages opens no alarm in a dry run', async () => {
  const one = new Vault(`dry-${process.pid}-watch`, ['orders']);
  await harness.with(one, async (queue) => {
    expect((await (await queue.start('backupWatch', { dryRun: true })).failure()).type).toBe('BackupStale');
    const alarm = queue.client.workflow.getHandle(`alarm/${one.system.name}/orders/stale-backup`);
    await expect(alarm.describe()).rejects.toThrow('not found');
  });
});
