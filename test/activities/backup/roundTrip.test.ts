import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newId, openSite, publish, run, type Site } from './support.js';

let site: Site;
beforeAll(async () => {
  site = await openSite();
}, SANDBOX_MS);
afterAll(() => site?.close());

describe('a backup and its way back', () => {
  test('is taken, read back, published, listed, verified to L6, marked, restored and deleted', async () => {
    const { target } = site;
    const { backupId, draft, entry } = await publish(site);
    expect(draft.objects.map(({ name }) => name)).toEqual(['text.txt', 'contents.json']);
    expect(draft).toMatchObject({ attempt: 1, contents: { items: 1, rows: 2_000 }, excluded: [{ name: 'pictures' }] });
    expect(draft.facts.warnings).toEqual(['it is only text']);
    expect(site.log).toEqual(expect.arrayContaining(['capture', 'stored', 'contents true', 'close']));
    expect(entry).toMatchObject({ id: backupId, level: 'L2', bad: false, held: false, encrypted: false });
    expect(entry.bytes).toBe(draft.objects[0]?.bytes);

    const result = await site.call('rehearseRestore', { target, backupId, level: 'L6', identity: 'verification', run });
    expect(result).toMatchObject({ asked: 'L6', reached: 'L6', passed: true, differences: [] });
    expect(result.levels.map(({ level, passed }) => `${level} ${passed}`)).toEqual([
      'L2 true',
      'L3 true',
      'L4 true',
      'L5 true',
      'L6 true',
    ]);
    expect(Object.keys(result.timings)).toEqual(expect.arrayContaining(['fetch', 'decrypt', 'restore', 'compare']));
    expect(site.log.at(-1)).toBe('end of rehearsal');

    const event = {
      kind: 'verified',
      level: 'L6',
      detail: 'good',
      workflowId: 'wf',
      at: new Date().toISOString(),
    } as const;
    await site.call('recordBackupEvent', { target, backupId, event });
    await site.call('recordBackupEvent', { target, backupId, event });
    const { backups, unpublished, unreadable } = await site.call('listBackups', { target });
    expect({ unpublished, unreadable }).toEqual({ unpublished: [], unreadable: [] });
    expect(backups).toEqual([{ ...entry, level: 'L6', levelAt: event.at }]);

    const restored = await site.call('restoreBackup', { target, backupId, into: 'copy', level: 'L6', run });
    expect(restored).toMatchObject({ name: 'copy', notes: ['a note'], verification: { reached: 'L6', passed: true } });
    expect(await readFile(path.join(site.dir, 'copy'))).toEqual(await readFile(site.source));

    const deleted = await site.call('deleteBackup', { target, backupId, reason: 'test' });
    expect(deleted).toEqual({ deleted: 4, retained: [] });
    expect(await site.keys()).toEqual([]);
    expect(await site.call('deleteBackup', { target, backupId, reason: 'test' })).toEqual({ deleted: 0, retained: [] });
  });

  test('staged: the files wait on this worker, are uploaded with what was lacking, and go', async () => {
    const { target } = site;
    const backupId = newId();
    const staged = await site.call('stageBackup', { target, backupId, run });
    expect(staged.queue).toBe('q-host-here');
    expect(await site.keys()).toEqual([]);
    expect((await readdir(staged.dir)).toSorted()).toEqual(['contents.json.zst', 'text.txt.zst']);
    const draft = await site.call('uploadStaged', { target, staged });
    const sums = (one: typeof draft) => one.objects.map(({ key, bytes, sha256 }) => ({ key, bytes, sha256 }));
    expect(sums(draft)).toEqual(sums(staged.draft));
    // The answer was lost: the repeat finds what stands.
    expect(sums(await site.call('uploadStaged', { target, staged }, { attempt: 2 }))).toEqual(sums(draft));
    await site.call('readBack', { target, draft });
    await site.call('publishBackup', { target, draft, run });
    const result = await site.call('rehearseRestore', { target, backupId, level: 'L6', identity: 'verification', run });
    expect(result.reached).toBe('L6');
    await site.call('discardStaged', { staged });
    await site.call('discardStaged', { staged });
    expect(await readdir(path.join(site.scratch, 'staged'))).toEqual([]);
  });

  test('scratch files are gone afterwards', async () => {
    expect(await readdir(path.join(site.scratch, 't'))).toEqual([]);
  });
});
