import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ExternalEngine } from '../../../activities/backup/engine.js';
import { backupError } from '../../../activities/backup/errors.js';
import type { ExternalBackup, LevelResult } from '../../../activities/backup/types.js';
import { sourceSchema } from '../../../systems/backupSchema.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newId, openSite, run, type Site } from './support.js';

/** A vendor that keeps snapshots by their name. */
const vendor = new Set<string>();
let levels: LevelResult[] = [];
let failure: { at: 'take' | 'remove'; error: Error } | undefined;

const externalOf = (id: string): ExternalBackup => ({
  ...{ kind: 'rds-snapshot', id: `snap-${id}`, bytes: 1_000_000, details: { chain: 'c1', encrypted: true } },
});

const engine: ExternalEngine<'rds'> = {
  inspect: async () => ({ identity: 'arn', serverVersion: '16', tools: {}, warnings: [] }),
  async take(_source, id) {
    vendor.add(`snap-${id}`);
    if (failure?.at === 'take') throw failure.error;
    return { external: externalOf(id), recoveryPoint: { at: new Date().toISOString() } };
  },
  verify: async () => ({ levels, timings: { restore: 5 } }),
  restore: async () => ({ timings: { restore: 7 } }),
  inspectRestore: async (_source, into, bytes) => ({ problems: [], liveName: into, warnings: [`${bytes}`] }),
  async remove(_source, external) {
    if (failure?.at === 'remove') throw failure.error;
    vendor.delete(external.id);
  },
};

let site: Site;
beforeAll(async () => {
  site = await openSite({ engine });
  site.target.source = sourceSchema.parse({
    ...{ type: 'rds', name: 'db', region: 'eu-central-1', instance: 'main' },
    restore: { instanceClass: 'c', subnetGroup: 's', securityGroups: ['g'], parameterGroup: 'p' },
  });
}, SANDBOX_MS);
afterAll(() => site?.close());
beforeEach(() => {
  failure = undefined;
  levels = [];
});

const took = { summary: 's', tookMs: 1 };

async function publish(backupId: string) {
  const { target } = site;
  const draft = await site.call('takeBackup', { target, backupId, run });
  await site.call('readBack', { target, draft });
  return site.call('publishBackup', { target, draft, run });
}

describe("a vendor's backup", () => {
  test('has a manifest like every other, is verified and restored by the vendor, and goes with it', async () => {
    const { target } = site;
    const backupId = newId();
    expect(await publish(backupId)).toMatchObject({ id: backupId, bytes: 1_000_000, chain: 'c1', type: 'rds' });
    levels = [
      { level: 'L5', passed: true, ...took },
      { level: 'L4', passed: true, ...took },
    ];
    const question = { target, backupId, level: 'L5', identity: 'verification', run } as const;
    expect(await site.call('rehearseRestore', question)).toMatchObject({
      reached: 'L5',
      passed: true,
      timings: { restore: 5 },
    });
    levels = [
      { level: 'L4', passed: true, ...took },
      { level: 'L5', passed: false, summary: 'a table is missing', tookMs: 1 },
    ];
    expect(await site.call('rehearseRestore', question)).toMatchObject({
      ...{ reached: 'L4', passed: false, differences: ['a table is missing'] },
    });
    const restored = await site.call('restoreBackup', { target, backupId, into: 'copy', level: 'L5', run });
    expect(restored).toMatchObject({
      name: 'copy',
      timings: { restore: 7 },
      verification: { reached: 'L4', passed: false },
    });
    expect(await site.call('inspectRestore', { target, backupId, into: 'copy' })).toMatchObject({
      warnings: ['1000000'],
    });
    await site.call('deleteBackup', { target, backupId, reason: 'old' });
    expect([...vendor]).toEqual([]);
    expect(await site.keys()).toEqual([]);
  });

  test('that was not published is removed with its note', async () => {
    const { target } = site;
    const backupId = newId();
    await site.call('takeBackup', { target, backupId, run });
    // The next attempt dies before the vendor answers; the note of the first one still stands.
    failure = { at: 'take', error: backupError('Unreachable', 'the vendor is away') };
    const second = site.call('takeBackup', { target, backupId, run }, { attempt: 2 });
    await expect(second).rejects.toMatchObject({ type: 'Unreachable' });
    await site.call('discardBackup', { target, backupId });
    expect([...vendor]).toEqual([]);
    expect(await site.keys()).toEqual([]);
  });

  test('is deleted in the end, wherever the deletion was cut off', async () => {
    const { target } = site;
    const backupId = newId();
    await publish(backupId);
    failure = { at: 'remove', error: backupError('Throttled', 'slow down') };
    const cut = site.call('deleteBackup', { target, backupId, reason: 'old' });
    await expect(cut).rejects.toMatchObject({ type: 'Throttled' });
    // Without its manifest it is no backup any more, but nothing has forgotten the snapshot.
    const { backups, unpublished } = await site.call('listBackups', { target });
    expect(backups).toEqual([]);
    expect(unpublished).toEqual([expect.objectContaining({ id: backupId })]);
    expect([...vendor]).toEqual([`snap-${backupId}`]);
    failure = undefined;
    await site.call('deleteBackup', { target, backupId, reason: 'old' });
    expect([...vendor]).toEqual([]);
    expect(await site.keys()).toEqual([]);
  });

  test('is found by the sweep after a deletion that nobody repeats', async () => {
    const { target } = site;
    const backupId = newId();
    await publish(backupId);
    failure = { at: 'remove', error: backupError('Throttled', 'slow down') };
    await expect(site.call('deleteBackup', { target, backupId, reason: 'old' })).rejects.toThrow('slow down');
    failure = undefined;
    const note = `belay/demo/db/${backupId}/external.json`;
    await site.client.send(new DeleteObjectCommand({ Bucket: site.bucket, Key: note }));
    expect(await site.call('sweepLeftovers', { target, before: Date.now() + 60_000 })).toContain(backupId);
    expect([...vendor]).toEqual([]);
  });

  test('a note that is none removes nothing', async () => {
    const { target } = site;
    const backupId = newId();
    vendor.add('live');
    const Key = `belay/demo/db/${backupId}/external.json`;
    await site.client.send(new PutObjectCommand({ Bucket: site.bucket, Key, Body: '{"id":"live"}' }));
    await site.call('discardBackup', { target, backupId });
    expect([...vendor]).toEqual(['live']);
    expect(await site.keys()).toEqual([]);
  });
});

test('a stream of a source without one is refused', async () => {
  const { target } = site;
  await expect(site.call('stageBackup', { target, backupId: newId(), run })).rejects.toMatchObject({
    type: 'Unsupported',
  });
});
