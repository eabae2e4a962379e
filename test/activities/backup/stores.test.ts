import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DeleteObjectCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { canonical } from '../../../activities/backup/canonical.js';
import { manifestOf } from '../../../activities/backup/manifest.js';
import type { BackupTarget } from '../../../activities/backup/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newId, openSite, publish, run, versions, type Site } from './support.js';

let plain: Site;
let locked: Site;
beforeAll(async () => {
  plain = await openSite();
  plain.target.policy.manifestCopy = { ...plain.target.policy.store, prefix: 'second-place' };
  const lock = { mode: 'GOVERNANCE', days: 1 } as const;
  locked = await openSite({ locked: true });
  locked.target.policy.store = { ...locked.target.policy.store, lock };
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await locked.client.send(new PutBucketVersioningCommand({ Bucket: locked.bucket, VersioningConfiguration }));
}, SANDBOX_MS);
afterAll(async () => {
  await plain?.close();
  await locked?.close();
});

describe('the second copy of the manifest', () => {
  const keys = async (): Promise<string[]> => (await plain.keys()).filter((key) => key.startsWith('second-place/'));
  const first = (backupId: string) => ({ Bucket: plain.bucket, Key: `belay/demo/text/${backupId}/manifest.json` });

  test('has the same key, and goes with the backup', async () => {
    const { target } = plain;
    const { backupId, draft } = await publish(plain);
    expect(await keys()).toEqual([`second-place/demo/text/${backupId}/manifest.json`]);
    // A repeat finds its own.
    await plain.call('publishBackup', { target, draft, run });
    expect(await plain.call('deleteBackup', { target, backupId, reason: 'test' })).toEqual({
      deleted: 4,
      retained: [],
    });
    expect(await keys()).toEqual([]);
  });

  test('tells that the first one is gone, and restores in its place', async () => {
    const { target } = plain;
    const { backupId } = await publish(plain);
    await plain.client.send(new DeleteObjectCommand(first(backupId)));
    const listing = await plain.call('listBackups', { target });
    expect(listing.unreadable).toEqual([{ id: backupId, why: expect.stringContaining('second copy stands') }]);
    const restored = await plain.call('restoreBackup', { target, backupId, into: 'from-copy', level: 'L6', run });
    expect(restored.verification.passed).toBe(true);
    expect(await plain.call('inspectRestore', { target, backupId, into: 'x' })).toMatchObject({
      problems: [],
      liveName: 'x',
    });
    await plain.client.send(new PutObjectCommand({ ...first(backupId), Body: '{"cut' }));
    await expect(
      plain.call('restoreBackup', { target, backupId, into: 'from-copy-2', level: 'L6', run }),
    ).resolves.toMatchObject({ name: 'from-copy-2' });
    await plain.call('deleteBackup', { target, backupId, reason: 'test' });
    expect(await keys()).toEqual([]);
  });
});

describe('events', () => {
  test('need a published backup', async () => {
    const event = { kind: 'hold', detail: '', workflowId: 'w', at: new Date().toISOString() } as const;
    const failure = plain.call('recordBackupEvent', { target: plain.target, backupId: newId(), event });
    await expect(failure).rejects.toMatchObject({ type: 'NotFound' });
    expect((await plain.keys()).filter((key) => key.includes('/events/'))).toEqual([]);
  });
});

describe('a bucket with object lock', () => {
  test('what it keeps is reported, and the backup stays one', async () => {
    const { target } = locked;
    const { backupId, entry } = await publish(locked);
    expect(Date.parse(entry.lockedUntil ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const result = await locked.call('deleteBackup', { target, backupId, reason: 'test' });
    expect(result.deleted).toBe(0);
    expect(result.retained.map(({ key }) => path.basename(key)).toSorted()).toEqual([
      'contents.json.zst',
      'manifest.json',
      'text.txt.zst',
    ]);
    for (const { until } of result.retained) expect(Date.parse(until)).toBeGreaterThan(Date.now());
    expect((await locked.call('listBackups', { target })).backups.map(({ id }) => id)).toContain(backupId);
    const verified = await locked.call('rehearseRestore', {
      target,
      backupId,
      level: 'L6',
      identity: 'verification',
      run,
    });
    expect(verified.passed).toBe(true);
  });

  test('what was not published is kept too, and said so', async () => {
    const { target } = locked;
    const backupId = newId();
    await locked.call('takeBackup', { target, backupId, run });
    const { retained } = await locked.call('discardBackup', { target, backupId });
    expect(retained).toHaveLength(2);
    const { unpublished } = await locked.call('listBackups', { target });
    expect(unpublished).toEqual([expect.objectContaining({ id: backupId, objects: 2 })]);
  });

  test('a later version over it does not count: the one that was written is read', async () => {
    const { target } = locked;
    const { backupId, draft } = await publish(locked);
    const object = draft.objects[0];
    if (!object) throw new Error('no object');
    await locked.client.send(new PutObjectCommand({ Bucket: locked.bucket, Key: `belay/${object.key}`, Body: 'junk' }));
    expect((await versions(locked)).filter((key) => key === object.key)).toHaveLength(2);
    await expect(locked.call('readBack', { target, draft })).resolves.toMatchObject({ bytes: expect.any(Number) });
    const verified = await locked.call('rehearseRestore', {
      target,
      backupId,
      level: 'L6',
      identity: 'verification',
      run,
    });
    expect(verified.passed).toBe(true);
  });
});

describe('inspectStore', () => {
  const changed = (site: Site, changes: Partial<BackupTarget['policy']['store']>): BackupTarget => ({
    ...site.target,
    policy: { ...site.target.policy, store: { ...site.target.policy.store, ...changes } },
  });

  test('proves the right to write, and leaves nothing, not even a lock', async () => {
    for (const site of [plain, locked]) {
      const before = (await versions(site)).length;
      const facts = await site.call('inspectStore', { target: site.target });
      expect(facts).toMatchObject({ objectLock: site === locked, versioning: site === locked });
      expect(Math.abs(facts.clockSkewMs)).toBeLessThan(3_000);
      expect(await versions(site)).toHaveLength(before);
    }
    const { warnings } = await plain.call('inspectStore', { target: plain.target });
    expect(warnings.join()).toContain('has no versioning');
  });

  test('a lock that the bucket cannot give, a bucket that is not there', async () => {
    const target = changed(plain, { lock: { mode: 'COMPLIANCE', days: 1 } });
    await expect(plain.call('inspectStore', { target })).rejects.toMatchObject({ type: 'Unsupported' });
    const gone = changed(plain, { bucket: 'there-is-no-such-bucket' });
    await expect(plain.call('inspectStore', { target: gone })).rejects.toMatchObject({ type: 'NotFound' });
  });

  test('a manifest from the future says that a clock is wrong', async () => {
    const { target } = plain;
    const backupId = newId(Date.now() + 86_400_000);
    const draft = await plain.call('takeBackup', { target, backupId, run });
    const manifest = manifestOf(target, draft, run, new Date(Date.now() + 86_400_000).toISOString());
    const Key = `belay/demo/text/${backupId}/manifest.json`;
    await plain.client.send(new PutObjectCommand({ Bucket: plain.bucket, Key, Body: canonical(manifest) }));
    const failure = plain.call('inspectStore', { target });
    await expect(failure).rejects.toMatchObject({ type: 'ClockBehind', nonRetryable: true });
    await expect(failure).rejects.toThrow(backupId);
    await plain.call('deleteBackup', { target, backupId, reason: 'test' });
    await expect(plain.call('inspectStore', { target })).resolves.toMatchObject({ versioning: false });
  });
});

test('what the engine cannot do is said with a way out', async () => {
  const { target } = plain;
  await expect(plain.call('swapIn', { target, restored: 'a', kept: 'b' })).rejects.toMatchObject({
    type: 'Unsupported',
    message: 'text is not swapped',
  });
  await expect(plain.call('dropRestored', { target, name: 'a', run })).rejects.toMatchObject({ type: 'Unsupported' });
  expect(await readdir(path.join(plain.scratch, 't'))).toEqual([]);
});
