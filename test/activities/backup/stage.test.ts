import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newId, openSite, publish, run, type Site } from './support.js';

let site: Site;
beforeAll(async () => {
  site = await openSite();
}, SANDBOX_MS);
afterAll(() => site?.close());
beforeEach(() => {
  site.play = {};
  site.log.length = 0;
});

const below = async (backupId: string): Promise<string[]> =>
  (await site.keys()).filter((key) => key.includes(backupId));

const shell = (script: string) => ({ file: 'sh', args: ['-c', script] });
const take = (backupId: string, target = site.target, extra: { lastBytes?: number } = {}) =>
  site.call('takeBackup', { target, backupId, run, ...extra });

describe('staging', () => {
  test('room is looked for before anything is captured', async () => {
    const backupId = newId();
    site.play = { estimatedBytes: 1e18 };
    const failure = site.call('stageBackup', { target: site.target, backupId, run });
    await expect(failure).rejects.toMatchObject({ type: 'DiskFull', nonRetryable: true });
    await expect(failure).rejects.toThrow(/has .* free, the source has about 1000000 TB/);
    expect(site.log).not.toContain('capture');
    expect(await readdir(path.join(site.scratch, 'staged'))).toEqual([]);
  });

  test('a failed producer leaves no file; files of others are never removed', async () => {
    const backupId = newId();
    site.play = { commands: () => [shell('head -c 100000 /dev/urandom; exit 4')] };
    await expect(site.call('stageBackup', { target: site.target, backupId, run })).rejects.toThrow('exited with 4');
    expect(await readdir(path.join(site.scratch, 'staged'))).toEqual([]);
    site.play = {};
    const staged = await site.call('stageBackup', { target: site.target, backupId, run });
    for (const dir of [
      site.dir,
      path.join(staged.dir, '..', '..'),
      path.join(staged.dir, '..', '..', '..', 'x', 'y'),
      '/',
    ]) {
      const failure = site.call('discardStaged', { staged: { ...staged, dir } });
      await expect(failure).rejects.toMatchObject({ type: 'NotOurs' });
    }
    expect(await readdir(staged.dir)).toHaveLength(2);
  });

  test('a staged file that was changed or lost is not uploaded as if it were whole', async () => {
    const backupId = newId();
    const staged = await site.call('stageBackup', { target: site.target, backupId, run });
    await writeFile(path.join(staged.dir, 'text.txt.zst'), 'other bytes');
    await expect(site.call('uploadStaged', { target: site.target, staged })).rejects.toMatchObject({ type: 'Damaged' });
    await site.call('discardStaged', { staged });
    await expect(site.call('uploadStaged', { target: site.target, staged })).rejects.toMatchObject({
      type: 'NotFound',
    });
    await site.call('discardBackup', { target: site.target, backupId });
    expect(await below(backupId)).toEqual([]);
  });
});

test('left-overs of dead runs go, what is young or published stays', async () => {
  const { target } = site;
  const { backupId: published } = await publish(site);
  const unpublished = newId();
  await take(unpublished);
  const staged = await site.call('stageBackup', { target, backupId: newId(), run });
  await writeFile(path.join(site.scratch, 'staged', 'README'), 'not ours');
  const uploading = newId();
  for (const id of [uploading, published]) {
    const Key = `belay/demo/text/${id}/a1-0123abcd/text.txt.zst`;
    await site.client.send(new CreateMultipartUploadCommand({ Bucket: site.bucket, Key }));
  }
  expect(await site.call('sweepLeftovers', { target, before: Date.now() - 60_000 })).toEqual([]);
  const swept = await site.call('sweepLeftovers', { target, before: Date.now() + 60_000 });
  expect(swept).toEqual(expect.arrayContaining([unpublished, uploading, `staged ${staged.draft.backupId}`]));
  expect(await site.uploads()).toEqual([]);
  expect(await below(unpublished)).toEqual([]);
  expect(await below(published)).toHaveLength(3);
  expect(await readdir(path.join(site.scratch, 'staged'))).toEqual(['README']);
});
