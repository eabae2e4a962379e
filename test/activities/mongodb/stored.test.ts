import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { delimiter } from 'node:path';
import { createBackupActivities } from '../../../activities/backup/index.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { openSite, publish, run, type Site } from '../backup/support.js';
import { seeded, sourceOf, world, type World } from './support.js';

let where: World;
let site: Site;
beforeAll(async () => {
  where = await world();
  const own = process.env['BELAY_PROGRAMS'];
  site = await openSite();
  process.env['BELAY_PROGRAMS'] = [own, process.env['BELAY_PROGRAMS']].join(delimiter);
  const secrets = createSecretResolver({ env: site.env, readFile: () => Promise.reject(new Error('no files')) });
  const kubernetes = () => Promise.reject(new Error('no cluster'));
  site.activities = createBackupActivities({ secrets, kubernetes, scratchRoot: site.scratch });
  site.call = (name, input) =>
    site.environment().run(site.activities[name] as (given: typeof input) => Promise<never>, input);
}, SANDBOX_MS);
afterAll(async () => {
  await where?.client.close();
  await site?.close();
});

test('through the store: L6, with a writer at the same time still no false alarm, restored beside, dropped', async () => {
  const db = await seeded(where, 3_000);
  site.target = { ...site.target, source: sourceOf(where, db) };
  const stop = new AbortController();
  const writer = (async () => {
    for (let n = 100_000; !stop.signal.aborted; n++) await db.collection('orders').insertOne({ n });
  })();
  const { backupId, draft } = await publish(site).finally(() => stop.abort());
  await writer;
  expect(draft.objects.map(({ name }) => name)).toEqual(['database.archive', 'contents.json']);
  expect(draft.excluded).toEqual([{ name: 'content of orders', why: expect.stringContaining('written to') }]);
  const verified = await site.call('rehearseRestore', {
    target: site.target,
    backupId,
    level: 'L6',
    identity: 'verification',
    run,
  });
  expect(verified).toMatchObject({ passed: true, reached: 'L6', differences: [] });
  const into = `${db.databaseName}_stored`;
  const restored = await site.call('restoreBackup', { target: site.target, backupId, into, level: 'L6', run });
  expect(restored.verification.passed).toBe(true);
  expect(await site.call('dropRestored', { target: site.target, name: into, run })).toEqual({ dropped: true });
}, 120_000);
