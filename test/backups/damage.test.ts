import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Draft, Level, Verification } from '../../activities/backup/types.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { programFolders } from '../../sandbox/programFolders.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';
import { type BucketView, createBucketView } from './bucketView.js';
import { createEstate, type Estate } from './estate.js';

const CASE_MS = 180_000;
let state: SandboxState;
let estate: Estate;
let view: BucketView;
let client: S3Client;

beforeAll(async () => {
  state = await sandbox('objectstore', 'postgres');
  process.env['BELAY_PROGRAMS'] = programFolders(state);
  estate = await createEstate(state, { rows: 1_000 });
  view = await createBucketView(state, estate, 'matrix');
  const { endpoint, region, ...credentials } = state.objectstore ?? fail();
  client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
}, SANDBOX_MS);
afterAll(async () => {
  view?.close();
  client?.destroy();
  await estate?.dispose();
});

function fail(): never {
  throw new Error('the sandbox lacks a component');
}

let count = 0;
const newId = () => `20261121T01000${(count += 1)}Z-aaaaaaaa`;
const zstd = (args: string[], input: Buffer) => execFileSync('zstd', args, { input, maxBuffer: 1 << 30 });

/** Changes the stored dump; gives the draft as a producer would have written it who stored just that. */
async function rewrite(draft: Draft, change: (stored: Buffer) => Buffer): Promise<Draft> {
  const dump = draft.objects.find((object) => object.name === 'database.dump') ?? fail();
  const Key = `belay/${dump.key}`;
  const { Body } = await client.send(new GetObjectCommand({ Bucket: estate.bucket, Key }));
  const bytes = change(Buffer.from((await Body?.transformToByteArray()) ?? []));
  await client.send(new PutObjectCommand({ Bucket: estate.bucket, Key, Body: bytes }));
  const { storeChecksum: _, ...rest } = dump;
  const written = { ...rest, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  return { ...draft, objects: draft.objects.map((object) => (object === dump ? written : object)) };
}

const flipMiddle = (bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 0x01;
  return changed;
};
const half = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length / 2));
/** The same change under the compression, which then fits again. */
const under = (change: (plain: Buffer) => Buffer) => (stored: Buffer) =>
  zstd(['-q', '-c', '-3'], change(zstd(['-d', '-q', '-c'], stored)));
/** One character of a text value: md5('500') is somewhere in the rows. */
const otherValue = (plain: Buffer): Buffer => {
  const changed = Buffer.from(plain);
  const at = changed.indexOf(createHash('md5').update('500').digest('hex'));
  if (at < 0) throw new Error('the dump does not hold the value in plain text');
  changed[at] = changed[at] === 0x61 ? 0x62 : 0x61;
  return changed;
};

async function publish(change: (draft: Draft) => Promise<Draft>): Promise<string> {
  const backupId = newId();
  const draft = await view.call('takeBackup', { backupId });
  await view.call('publishBackup', { draft: await change(draft) });
  return backupId;
}

const verify = (backupId: string): Promise<Verification> =>
  view.call('rehearseRestore', { backupId, level: 'L6', identity: 'verification' });
const failedAt = ({ levels }: Verification): Level | 'none' => levels.find((one) => !one.passed)?.level ?? 'none';

describe('what catches which damage', () => {
  test(
    'none: all levels pass',
    async () => {
      const result = await verify(await publish(async (draft) => draft));
      expect(result).toMatchObject({ passed: true, reached: 'L6', differences: [] });
    },
    CASE_MS,
  );

  test.each<[string, (stored: Buffer) => Buffer]>([
    ['one byte of the stored object flipped', flipMiddle],
    ['the stored object cut at half', half],
    ['the stored object replaced by an empty archive', () => zstd(['-q', '-c'], Buffer.alloc(0))],
  ])(
    'L2: %s',
    async (_, change) => {
      const backupId = newId();
      const draft = await view.call('takeBackup', { backupId });
      await view.call('publishBackup', { draft });
      await rewrite(draft, change);
      // Read back before it is published, it never would be.
      await expect(view.call('readBack', { draft })).rejects.toMatchObject({ type: 'Damaged' });
      const result = await verify(backupId);
      expect([failedAt(result), result.passed]).toEqual(['L2', false]);
    },
    CASE_MS,
  );

  test.each<[string, Level, (stored: Buffer) => Buffer]>([
    ['a faithful copy of an archive that was cut while it was made', 'L3', half],
    ['a faithful copy of an archive with a flipped byte', 'L3', flipMiddle],
    ['a dump that was cut before it was compressed', 'L3', under(half)],
    ['a value that changed before it was compressed', 'L6', under(otherValue)],
  ])(
    '%s: caught at %s',
    async (_, level, change) => {
      const result = await verify(await publish((draft) => rewrite(draft, change)));
      expect([failedAt(result), result.passed]).toEqual([level, false]);
    },
    CASE_MS,
  );

  test(
    'L5: rows that the dump lacks',
    async () => {
      const complete = newId();
      const draft = await view.call('takeBackup', { backupId: complete });
      await estate.sql('DELETE FROM orders WHERE id <= 3');
      const backupId = newId();
      const smaller = await view.call('takeBackup', { backupId });
      // The list of contents says 1000 rows, the dump that takes the place of the right one holds 997.
      const [right, wrong] = [draft, smaller].map(
        (one) => one.objects.find((object) => object.name === 'database.dump') ?? fail(),
      );
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket: estate.bucket, Key: `belay/${wrong?.key ?? ''}` }),
      );
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      expect(right?.name).toBe('database.dump');
      await view.call('publishBackup', { draft: await rewrite(draft, () => bytes) });
      const result = await verify(complete);
      expect([failedAt(result), result.passed]).toEqual(['L5', false]);
      expect(result.differences.join()).toMatch(/orders.*997.*1000|orders.*1000.*997/);
    },
    CASE_MS,
  );
});

test(
  'L0: a dump that fails at connecting stores and publishes nothing',
  async () => {
    const wrong = await createBucketView(state, { ...estate, backups: withPort(estate, 1) }, 'nowhere');
    try {
      await expect(wrong.call('takeBackup', { backupId: newId() })).rejects.toMatchObject({ type: 'Unreachable' });
      expect(await wrong.objects()).toEqual([]);
    } finally {
      wrong.close();
    }
  },
  CASE_MS,
);

function withPort({ backups }: Estate, port: number): Estate['backups'] {
  return { ...backups, sources: backups.sources.map((source) => Object.assign({}, source, { port })) };
}
