import { beforeAll, describe, expect, test } from '@jest/globals';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { MockActivityEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createBackupActivities } from '../../activities/backup/index.js';
import type { BackupActivities, BackupTarget, Draft } from '../../activities/backup/types.js';
import { createSecretResolver } from '../../activities/secrets/index.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { loadSystem } from '../../systems/load.js';
import { namedTarget } from '../../workflows/backupKit/targets.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';
import { belay, built } from './cli.js';

const NEW = '20261121T020000Z-1a2b3c4d';
const OLD = '20261120T020000Z-5e6f7a8b';
const system = 'shop';

let store: NonNullable<SandboxState['objectstore']>;
let activities: BackupActivities;
let target: BackupTarget;
let env: Record<string, string>;
let systems: string;

/** A description whose backups lie in a bucket of this test. */
function describeSystem(bucket: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'belay-systems-'));
  const place = { bucket, region: store.region, endpoint: store.endpoint, pathStyle: true };
  const description = {
    ...{ name: system, title: 'Shop' },
    backups: {
      store: { ...place, accessKeyId: 'env:SHOP_KEY_ID', secretAccessKey: 'env:SHOP_KEY' },
      verify: 'L5',
      sources: [
        { name: 'orders', type: 'postgres', host: 'db', database: 'orders' },
        { name: 'cache', type: 'redis', host: 'redis' },
      ],
    },
  };
  writeFileSync(join(dir, `${system}.yaml`), stringify(description));
  return dir;
}

const call = <Input, Output>(activity: (input: Input) => Promise<Output>, input: Input): Promise<Output> =>
  new MockActivityEnvironment().run(activity, input) as Promise<Output>;

/** Publishes a backup without objects: what a list shows stands in the manifest and the events. */
async function publish(id: string, at: string): Promise<void> {
  const draft: Draft = {
    ...{ backupId: id, attempt: 1, startedAt: at, endedAt: at, recoveryPoint: { at } },
    facts: { identity: '1', serverVersion: '16.4', tools: {}, warnings: [] },
    ...{ objects: [], contents: { items: 0, rows: 0, digest: 'x' }, excluded: [] },
  };
  const run = { workflowId: 'test', runId: 'test', runbook: 'backup', requestedBy: 'tester', reason: 'test' };
  await call(activities.publishBackup, { target, draft, run });
}

const verdict = (backupId: string, kind: 'verified' | 'bad', level: 'L2' | 'L5') =>
  call(activities.recordBackupEvent, {
    target,
    backupId,
    event: { at: new Date().toISOString(), kind, level, detail: 'test', workflowId: 'test' },
  });

beforeAll(async () => {
  const state = await sandbox('objectstore');
  if (!state.objectstore) throw new Error('the sandbox has no object store');
  store = state.objectstore;
  await built();
  const bucket = `cli-${randomUUID()}`;
  const { endpoint, region, accessKeyId, secretAccessKey } = store;
  const s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  s3.destroy();
  systems = describeSystem(bucket);
  env = { BELAY_SYSTEMS: systems, SHOP_KEY_ID: accessKeyId, SHOP_KEY: secretAccessKey };
  target = namedTarget(loadSystem(system, { dirs: [systems] }).system, 'orders');
  const secrets = createSecretResolver({ env, readFile: () => Promise.reject(new Error('no files')) });
  activities = createBackupActivities({ secrets, kubernetes: () => Promise.reject(new Error('no cluster')) });
  const hour = 3_600_000;
  await publish(NEW, new Date(Date.now() - 10 * hour).toISOString());
  await publish(OLD, new Date(Date.now() - 34 * hour).toISOString());
  await verdict(NEW, 'verified', 'L5');
  await verdict(OLD, 'bad', 'L2');
}, SANDBOX_MS);

interface Look {
  source: string;
  stale: boolean;
  ageSeconds?: number;
  problem?: string;
  backups?: { id: string; level: string; bad: boolean; held: boolean }[];
}

async function look(args: string[] = [], more: Record<string, string> = {}): Promise<{ code: number; looks: Look[] }> {
  const { code, stdout, stderr } = await belay(['backups', system, ...args, '--json'], { ...env, ...more });
  expect(stdout + stderr).not.toContain(store.secretAccessKey);
  return { code, looks: JSON.parse(stdout) as Look[] };
}

describe('belay backups', () => {
  test('lists from the store, newest first, with what was proved of each', async () => {
    const { code, looks } = await look();
    expect(code).toBe(0);
    expect(looks).toMatchObject([
      {
        source: 'orders',
        stale: false,
        backups: [
          { id: NEW, level: 'L5', bad: false },
          { id: OLD, bad: true },
        ],
      },
      { source: 'cache', stale: true, backups: [] },
    ]);
    expect(looks[0]?.ageSeconds).toBeGreaterThan(35_900);
  });

  test('--check ends with 11 when a source has no fresh verified backup', async () => {
    expect((await look(['orders', '--check'])).code).toBe(0);
    expect((await look(['--check'])).code).toBe(11);
  });

  test('says it in words', async () => {
    const { stdout } = await belay(['backups', system, 'orders'], env);
    expect(stdout).toContain('orders (postgres): newest good one (L5 or above) is 10 h old, 26 h allowed');
    expect(stdout).toMatch(new RegExp(`${NEW} .* 10 h .* L5 .*`));
    expect(stdout).toMatch(new RegExp(`${OLD} .* 34 h .* BAD`));
    expect(stdout).not.toContain('cache');
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['wrong key', { SHOP_KEY: 'wrong-key-of-nobody' }, /Forbidden|denied|signature|refus|rights|key/i],
    ['no key', { SHOP_KEY: '' }, /env:SHOP_KEY/],
  ])('%s: exit code 1, and never "no backups"', async (_, more, problem) => {
    const { code, looks } = await look([], more);
    expect(code).toBe(1);
    for (const { problem: said, backups, stale } of looks) {
      expect(said).toMatch(problem);
      expect(said).not.toContain('wrong-key-of-nobody');
      expect({ backups, stale }).toEqual({ backups: undefined, stale: true });
    }
  });

  test('a bucket that is not there', async () => {
    const { code, looks } = await look([], { BELAY_SYSTEMS: describeSystem('there-is-no-such-bucket') });
    expect(code).toBe(1);
    expect(looks[0]?.problem).toMatch(/there-is-no-such-bucket/);
  });

  test.each([
    ['unknown system', ['shopp'], /no system "shopp"; did you mean "shop"/],
    ['unknown source', [system, 'order'], /has no source "order"; did you mean "orders"\?/],
  ])('%s is a usage error', async (_, args, message) => {
    const { code, stderr } = await belay(['backups', ...args], env);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('belay backups hold and release', () => {
  const hold = (kind: string, id: string, ...more: string[]) =>
    belay(['backups', kind, system, 'orders', id, ...more], env);
  const held = async () => (await look(['orders'])).looks[0]?.backups?.map((entry) => entry.held);

  test('keep a backup and let it go again; twice changes nothing', async () => {
    const reason = ['--reason', 'before the migration', '--as', 'alice'];
    expect(await hold('hold', OLD, ...reason)).toMatchObject({ code: 0, stdout: expect.stringContaining('is held') });
    expect(await held()).toEqual([false, true]);
    expect((await hold('hold', OLD, ...reason)).stdout).toContain('Nothing to do');
    expect((await hold('release', OLD, '--reason', 'accepted', '--as', 'bob')).code).toBe(0);
    expect(await held()).toEqual([false, false]);
  });

  test('need a reason, and a backup that is published', async () => {
    expect(await hold('hold', NEW)).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    const unknown = await hold('hold', '20200101T000000Z-00000000', '--reason', 'x');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('no published backup') });
    expect(unknown.stderr).toContain(NEW);
    expect(await held()).toEqual([false, false]);
  });
});

interface Finding {
  name: string;
  level: string;
  detail: string;
}

describe('belay doctor', () => {
  // Nobody listens there: Temporal is a finding of its own, and hides nothing of the rest.
  const doctor = async (more: Record<string, string> = {}) => {
    const all = { ...env, TEMPORAL_ADDRESS: '127.0.0.1:9', ...more };
    const { stdout, stderr } = await belay(['doctor', '--system', system, '--json'], all);
    expect(stdout + stderr).not.toContain(store.secretAccessKey);
    return (JSON.parse(stdout) as Finding[]).filter(({ name }) => name.startsWith('backup'));
  };

  test('writes to the store to prove the right, and says what is not safe there', async () => {
    const findings = await doctor();
    expect(findings).toContainEqual(
      expect.objectContaining({
        name: 'backup store',
        level: 'ok',
        detail: expect.stringContaining('may be written to'),
      }),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({
        name: 'backup store',
        level: 'warn',
        detail: expect.stringContaining('no versioning'),
      }),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({ name: 'backup policy', detail: expect.stringContaining('nobody would notice') }),
    );
    expect((await look(['cache'])).looks[0]).toMatchObject({ backups: [], unpublished: [] });
  });

  test('a source that cannot be reached, and a store that refuses', async () => {
    const findings = await doctor({ SHOP_KEY: 'wrong-key-of-nobody' });
    const bad = findings.filter(({ level }) => level === 'bad').map(({ name }) => name);
    expect(bad.toSorted()).toEqual(['backup source cache', 'backup source orders', 'backup store']);
    expect(JSON.stringify(findings)).not.toContain('wrong-key-of-nobody');
  });
});
