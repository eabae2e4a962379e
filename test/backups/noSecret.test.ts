import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { built } from '../client/cli.js';
import { textsOf } from '../scenarios/everything.js';
import { findSecrets } from '../scenarios/secretSearch.js';
import type { Site } from '../scenarios/site.js';
import { slackMessages } from '../scenarios/slack.js';
import { Theatre } from '../scenarios/theatre.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { createBucketView, targetIn } from './bucketView.js';
import { createEstate, type Estate, estateEnv } from './estate.js';

/** With characters that look otherwise in URLs, in JSON and in connection strings. */
const password = `p@ss/"w+rd ${randomBytes(12).toString('base64')}`;
const wrong = `wr@ng/"w+rd ${randomBytes(12).toString('base64')}`;
const role = `nosecret_${randomBytes(4).toString('hex')}`;
let state: SandboxState;
let theatre: Theatre;
let estate: Estate;
let site: Site;
/** Arguments of every process that was seen while the runs went on. */
const seen = new Set<string>();

beforeAll(async () => {
  state = await sandbox('temporal', 'kubernetes', 'services', 'registry', 'slack', 'objectstore', 'postgres');
  await built();
  const env = { ...estateEnv(state), ROLE_PASSWORD: password, WRONG_PASSWORD: wrong, BELAY_LOG_LEVEL: 'debug' };
  theatre = await Theatre.open(state, () => env);
  estate = await createEstate(state, { rows: 400_000 });
  await estate.sql(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${password.replaceAll("'", "''")}'`);
  const [source] = estate.backups.sources;
  const own = { ...source, user: role, password: 'env:ROLE_PASSWORD' };
  const refused = { ...source, name: 'refused', user: role, password: 'env:WRONG_PASSWORD' };
  const backups = { ...estate.backups, sources: [own, refused] } as Estate['backups'];
  site = await theatre.site({ workloads: [], describe: () => ({ backups }) });
  estate = { ...estate, backups };
}, SANDBOX_MS);
afterAll(async () => {
  await theatre?.close();
  await estate?.sql(`DROP ROLE ${role}`, 'postgres').catch(() => []);
  await estate?.dispose();
}, 60_000);

/** Synchronous, so that looks never pile up and none of the short-lived programs is missed. */
function lookAtProcesses(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // It has ended meanwhile.
    }
  }
}

test('after a backup that succeeds, one that is refused and a restore no password stands anywhere', async () => {
  const watching = setInterval(lookAtProcesses, 25);
  try {
    const backup = await (await theatre.start(site, 'backup', { sources: ['database', 'refused'] })).ending();
    expect(backup.outcome).toBe('BackupFailed');
    expect(backup.message).toMatch(/refused: .*WrongPassword/);
    expect(backup.message).toMatch(/database: \S+, verified at L6/);
    const restore = { source: 'database', into: { new: `${estate.database}_look` } };
    expect((await (await theatre.start(site, 'restore', restore)).ending()).outcome).toBe('succeeded');
  } finally {
    clearInterval(watching);
  }
  // The search must have seen the programs at work.
  expect([...seen].some((line) => line.includes('pg_dump'))).toBe(true);

  const histories: string[] = [];
  for await (const { workflowId, runId } of theatre.client.workflow.list({
    query: `TaskQueue = '${theatre.ground.queue}'`,
  })) {
    const handle = theatre.client.workflow.getHandle(workflowId, runId);
    histories.push(...textsOf(await handle.fetchHistory()), ...textsOf((await handle.describe()).raw));
  }
  expect(histories.length).toBeGreaterThan(100);
  const view = await createBucketView(state, estate, site.name);
  const stored = await Promise.all(
    (await view.objects()).filter(({ key }) => key.endsWith('.json')).map(({ key }) => view.text(key)),
  );
  view.close();
  expect(stored.join()).toContain(targetIn(estate, site.name).source.name);

  const keys = { key: state.objectstore?.secretAccessKey ?? '', database: state.postgres?.password ?? '' };
  expect(
    findSecrets(
      { password, wrong, ...keys },
      {
        histories,
        reports: await site.reports(),
        'the worker log': [await readFile(join(theatre.ground.folder, 'worker.log'), 'utf8')],
        'Slack messages': textsOf(await slackMessages(state)),
        'arguments of processes': [...seen],
        'manifests and events': stored,
      },
    ),
  ).toEqual([]);
}, 300_000);
