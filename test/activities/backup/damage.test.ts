import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { canonical, digestOf } from '../../../activities/backup/canonical.js';
import type { Level, Verification } from '../../../activities/backup/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { openSite, publish, run, type Site } from './support.js';

let site: Site;
beforeAll(async () => {
  site = await openSite();
}, SANDBOX_MS);
afterAll(() => site?.close());
beforeEach(() => {
  site.play = {};
  site.log.length = 0;
});

/** Replaces a stored object behind everybody's back. */
async function overwrite(key: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const at = { Bucket: site.bucket, Key: `belay/${key}` };
  const { Body } = await site.client.send(new GetObjectCommand(at));
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  await site.client.send(new PutObjectCommand({ ...at, Body: change(bytes) }));
}

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
};
const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length >> 1);

const verify = (backupId: string, level: Level, smoke?: boolean): Promise<Verification> =>
  site.call('rehearseRestore', {
    ...{ target: site.target, backupId, level, identity: 'verification', run },
    ...(smoke !== undefined && { smoke }),
  });

const outcome = (result: Verification): object => ({
  passed: result.passed,
  reached: result.reached,
  failed: result.levels.find(({ passed }) => !passed)?.level,
});

describe('damaged bytes', () => {
  test.each([
    ['one flipped bit of the payload', 'text.txt', flipped, 'other bytes than were stored'],
    ['the payload cut at half', 'text.txt', half, 'bytes instead of'],
    ['one flipped bit of the list of contents', 'contents.json', flipped, 'other bytes than were stored'],
    ['an emptied payload', 'text.txt', () => Buffer.alloc(0), 'has 0 bytes instead of'],
  ])('%s: not published, and found by L2 in a published one', async (_what, name, change, why) => {
    const { target } = site;
    const { backupId, draft } = await publish(site);
    await overwrite(draft.objects.find((object) => object.name === name)?.key ?? '', change);
    const failure = site.call('readBack', { target, draft });
    await expect(failure).rejects.toMatchObject({ type: 'Damaged', nonRetryable: true });
    await expect(failure).rejects.toThrow(why);

    const result = await verify(backupId, 'L6');
    expect(outcome(result)).toEqual({ passed: false, reached: 'L1', failed: 'L2' });
    expect(result.levels).toHaveLength(1);
    expect(result.differences.join()).toContain(why);
    expect(site.log).not.toContain('rehearse');
    const restore = site.call('restoreBackup', { target, backupId, into: `c${backupId}`, level: 'L5', run });
    await expect(restore).rejects.toMatchObject({ type: 'Damaged' });
  });

  test('a lost object is damage of the backup, a lost bucket is not', async () => {
    const { target } = site;
    const { backupId, draft } = await publish(site);
    const key = draft.objects[0]?.key ?? '';
    await site.client.send(new DeleteObjectCommand({ Bucket: site.bucket, Key: `belay/${key}` }));
    expect(outcome(await verify(backupId, 'L4'))).toEqual({ passed: false, reached: 'L1', failed: 'L2' });
    await expect(site.call('readBack', { target, draft })).rejects.toMatchObject({ type: 'Damaged' });
    await expect(site.call('publishBackup', { target, draft, run })).rejects.toMatchObject({ type: 'Damaged' });

    const policy = { ...target.policy, store: { ...target.policy.store, bucket: 'there-is-no-such-bucket' } };
    const elsewhere = { ...target, policy };
    await expect(site.call('readBack', { target: elsewhere, draft })).rejects.toMatchObject({ type: 'NotFound' });
    await expect(site.call('listBackups', { target: elsewhere })).rejects.toMatchObject({ type: 'NotFound' });
  });

  test('bytes that were stored well but never could be read fail at L3', async () => {
    const { target } = site;
    // A manifest that says so itself: what a broken compressor would have left.
    const { backupId, draft } = await publish(site);
    const [payload, contents] = draft.objects;
    if (!payload || !contents) throw new Error('no objects');
    const broken = Buffer.from('this is not zstd at all, but long enough to be looked at');
    await overwrite(payload.key, () => broken);
    await site.client.send(
      new DeleteObjectCommand({ Bucket: site.bucket, Key: `belay/demo/text/${backupId}/manifest.json` }),
    );
    const sha256 = (await import('node:crypto')).createHash('sha256').update(broken).digest('hex');
    const objects = [{ ...payload, bytes: broken.length, sha256 }, contents];
    await site.call('publishBackup', { target, draft: { ...draft, objects }, run });
    const result = await verify(backupId, 'L6');
    expect(outcome(result)).toEqual({ passed: false, reached: 'L2', failed: 'L3' });
    expect(result.differences.join()).toContain('cannot be decrypted and decompressed');
  });
});

describe('what only a restore can find', () => {
  test.each<[string, Level, object, object, string]>([
    [
      'a payload that its own checker refuses',
      'L6',
      { readThrough: async () => ['page 7 is torn'] },
      { reached: 'L2', failed: 'L3' },
      'page 7',
    ],
    [
      'other counts',
      'L6',
      { rehearse: async (text: string) => `${text}one more\n` },
      { reached: 'L4', failed: 'L5' },
      '2001 rows instead of 2000',
    ],
    [
      'same counts, other content',
      'L6',
      { rehearse: async (text: string) => text.replace('1', '2') },
      { reached: 'L5', failed: 'L6' },
      'other content',
    ],
    [
      'a broken structure',
      'L6',
      { examine: async () => ['index x is corrupt'] },
      { reached: 'L5', failed: 'L6' },
      'index x',
    ],
    ['a wrong answer', 'L6', { smoke: async () => ['users: 0'] }, { reached: 'L5', failed: 'L6' }, 'users: 0'],
  ])('%s', async (_what, level, play, expected, why) => {
    const { backupId } = await publish(site);
    site.play = play;
    const result = await verify(backupId, level);
    expect(outcome(result)).toEqual({ passed: false, ...expected });
    expect(result.differences.join()).toContain(why);
    expect(site.log.filter((one) => /rehears/.test(one)).length % 2).toBe(0);
  });

  test('a weaker question does not see it', async () => {
    const { backupId } = await publish(site);
    site.play = { rehearse: async (text) => text.replace('1', '2'), smoke: async () => ['users: 0'] };
    expect(outcome(await verify(backupId, 'L5'))).toEqual({ passed: true, reached: 'L5', failed: undefined });
    expect(site.log).not.toContain('smoke');
  });

  test('a drill asks the smoke queries at every level, and restores for them', async () => {
    const { backupId } = await publish(site);
    expect(outcome(await verify(backupId, 'L2', true))).toEqual({ passed: true, reached: 'L4', failed: undefined });
    site.play = { smoke: async () => ['users: 0'] };
    expect(outcome(await verify(backupId, 'L5', true))).toEqual({ passed: false, reached: 'L4', failed: 'L5' });
  });

  test('a refused restore fails L4; a full disk or an unreachable program says nothing of the backup', async () => {
    const { backupId } = await publish(site);
    const { backupError } = await import('../../../activities/backup/errors.js');
    site.play = { rehearse: () => Promise.reject(backupError('RestoreError', 'relation exists')) };
    expect(outcome(await verify(backupId, 'L6'))).toEqual({ passed: false, reached: 'L3', failed: 'L4' });
    for (const type of ['DiskFull', 'MissingProgram', 'ProducerFailed'] as const) {
      site.play = { rehearse: () => Promise.reject(backupError(type, 'no')) };
      await expect(verify(backupId, 'L6')).rejects.toMatchObject({ type });
    }
  });

  test('L6 of a backup without hashes cannot be answered, and is not called bad', async () => {
    const { target } = site;
    const weaker = { ...target, policy: { ...target.policy, verify: 'L5' as const } };
    const { backupId } = await publish({ ...site, target: weaker });
    expect(site.log).toContain('contents false');
    await expect(verify(backupId, 'L6')).rejects.toMatchObject({ type: 'Unsupported' });
    expect(outcome(await verify(backupId, 'L5'))).toEqual({ passed: true, reached: 'L5', failed: undefined });
    const restored = await site.call('restoreBackup', { target, backupId, into: `w${backupId}`, level: 'L6', run });
    expect(restored.verification).toMatchObject({ passed: false, reached: 'L5' });
  });
});

describe('a damaged manifest', () => {
  const keyOf = (backupId: string): string => `demo/text/${backupId}/manifest.json`;

  test.each([
    [
      'edited',
      (bytes: Buffer) => Buffer.from(bytes.toString().replace('"rows":2000', '"rows":2001')),
      'its own checksum',
    ],
    ['cut', half, 'not JSON'],
    ['emptied', () => Buffer.alloc(0), 'not JSON'],
  ])('%s: listed as unreadable, verified as bad, not restored', async (_what, change, why) => {
    const { target } = site;
    const { backupId } = await publish(site);
    await overwrite(keyOf(backupId), change);
    const { backups, unreadable } = await site.call('listBackups', { target });
    expect(backups.map(({ id }) => id)).not.toContain(backupId);
    expect(unreadable).toContainEqual({ id: backupId, why: expect.stringContaining(why) });
    expect(outcome(await verify(backupId, 'L5'))).toEqual({ passed: false, reached: 'L0', failed: 'L2' });
    const restore = site.call('restoreBackup', { target, backupId, into: 'never', level: 'L5', run });
    await expect(restore).rejects.toMatchObject({ type: 'Damaged' });
    await site.call('deleteBackup', { target, backupId, reason: 'test' });
  });

  test('swapped with that of another backup is found', async () => {
    const { target } = site;
    const [a, b] = [await publish(site), await publish(site)];
    const { Body } = await site.client.send(
      new GetObjectCommand({ Bucket: site.bucket, Key: `belay/${keyOf(a.backupId)}` }),
    );
    const other = Buffer.from((await Body?.transformToByteArray()) ?? []);
    await overwrite(keyOf(b.backupId), () => other);
    const { unreadable } = await site.call('listBackups', { target });
    expect(unreadable).toContainEqual({ id: b.backupId, why: expect.stringContaining(a.backupId) });
    await site.call('deleteBackup', { target, backupId: b.backupId, reason: 'test' });
  });

  test('the contents of another run do not pass as its own', async () => {
    const { backupId } = await publish(site);
    await overwrite(keyOf(backupId), (bytes) => {
      const { checksum: _checksum, ...body } = JSON.parse(bytes.toString()) as Record<string, unknown>;
      const changed = { ...body, contents: { items: 1, rows: 1, digest: 'other' } };
      return Buffer.from(canonical({ ...changed, checksum: digestOf(changed) }));
    });
    expect(outcome(await verify(backupId, 'L5'))).toEqual({ passed: false, reached: 'L2', failed: 'L3' });
  });

  test('an event that cannot be read makes the backup one that nobody counts or deletes', async () => {
    const { target } = site;
    const { backupId } = await publish(site);
    const event = { kind: 'hold', detail: '', workflowId: 'wf', at: new Date().toISOString() } as const;
    await site.call('recordBackupEvent', { target, backupId, event });
    const key = (await site.keys()).find((one) => one.includes(`${backupId}/events/`)) ?? '';
    await overwrite(key, half);
    const { backups, unreadable } = await site.call('listBackups', { target });
    expect(backups.map(({ id }) => id)).not.toContain(backupId);
    expect(unreadable).toContainEqual({ id: backupId, why: expect.stringContaining('events/') });
  });
});
