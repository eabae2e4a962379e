import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import type { Site } from '../scenarios/site.js';
import { Theatre } from '../scenarios/theatre.js';
import { built } from '../client/cli.js';
import { createBucketView } from './bucketView.js';
import { createEstate, type Estate, estateEnv } from './estate.js';

let theatre: Theatre;
let estate: Estate;
let site: Site;

beforeAll(async () => {
  const state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack', 'objectstore', 'postgres');
  await built();
  const [own, offline] = [await generateIdentity(), await generateIdentity()];
  theatre = await Theatre.open(state, () => ({ ...estateEnv(state), OWN_KEY: own, OFFLINE_KEY: offline }));
  estate = await createEstate(state, {
    sources: ['database', 'ledger'],
    policy: {
      shape: 'stage',
      encryption: {
        recipients: [await identityToRecipient(own), await identityToRecipient(offline)],
        identity: 'env:OWN_KEY',
        recoveryIdentity: 'env:OFFLINE_KEY',
      },
    },
  });
  site = await theatre.site({ workloads: [], describe: () => ({ backups: estate.backups }) });
}, SANDBOX_MS);
afterAll(async () => {
  await theatre?.close();
  await estate?.dispose();
}, 60_000);

const run = async (runbook: string, input: object) => (await theatre.start(site, runbook, input)).ending();

test('staged and encrypted to two keys; the drill gets it back with the offline key alone', async () => {
  const backup = await run('backup', {});
  expect([backup.outcome, backup.message]).toEqual(['succeeded', backup.message]);
  const view = await createBucketView(theatre.sandbox, estate, site.name);
  try {
    const payloads = (await view.objects()).filter(({ key }) => /\/a\d+-/.test(key));
    expect(payloads.length).toBeGreaterThan(2);
    expect(payloads.filter(({ key }) => !key.endsWith('.zst.age'))).toEqual([]);
    expect(await view.state()).toMatchObject({
      backups: [{ level: 'L6', bad: false }],
      unpublished: 0,
      openUploads: 0,
    });
  } finally {
    view.close();
  }
  const drill = await run('drTest', { rto: 600, rpo: 3_600 });
  expect([drill.outcome, drill.message]).toEqual(['succeeded', drill.message]);
  // Both sources came back: the ledger on its host's queue.
  expect(drill.report.steps.filter((step) => step.name.startsWith('Recover ')).map((step) => step.outcome)).toEqual([
    'done',
    'done',
  ]);
}, 300_000);
