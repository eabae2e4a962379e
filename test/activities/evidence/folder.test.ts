import { describe, expect, test } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEvidenceActivities, createFolderStore, openEvidenceStore } from '../../../activities/evidence/index.js';
import { segment } from '../../../activities/evidence/index.js';
import { storeTests } from './storeTests.js';

describe('folder store', () => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'belay-evidence-')), 'not', 'yet', 'there');
  storeTests(() => createFolderStore(folder), 'file');

  test('leaves no temporary files, and files that only its user can read', async () => {
    const names = await readdir(folder, { recursive: true });
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    const file = names.find((name) => name.endsWith('.json')) ?? '';
    expect((await stat(path.join(folder, file))).mode & 0o077).toBe(0);
  });

  test('a temporary file that a killed worker left behind is neither read nor listed', async () => {
    await writeFile(path.join(folder, 'backup', '.1234.tmp'), '{"half":');
    const keys = (await createFolderStore(folder).list('', 1_000)).map((one) => one.key);
    expect(keys.filter((key) => key.includes('.tmp'))).toEqual([]);
  });

  test.each(['../escape', 'a/../../escape', '/etc/passwd', 'file:///etc/passwd'])(
    'refuses to leave its folder: %s',
    async (key) => {
      await expect(createFolderStore(folder).create(key, 'x', 'text/plain')).rejects.toThrow(
        'is not in the evidence folder',
      );
      await expect(createFolderStore(folder).read(key)).rejects.toThrow('is not in the evidence folder');
    },
  );

  test('a place that cannot be written is tried again, with the reason', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'belay-evidence-')), 'file');
    await writeFile(file, '');
    const { saveReport } = createEvidenceActivities({ store: createFolderStore(file) });
    const report = { runbook: 'r', workflowId: 'w', runId: 'i', json: '{}', markdown: '' };
    await expect(saveReport(report)).rejects.toMatchObject({ type: 'EvidenceUnavailable', nonRetryable: false });
  });
});

describe('segment', () => {
  test('keeps plain ids and makes all others safe and different', () => {
    expect(segment('update-7_a.b')).toBe('update-7_a.b');
    const ids = ['..', '.', '', 'a/b', 'a_b/', 'a\\b', 'a\0b', '-'.repeat(500), 'ä', 'A B', '../../etc'];
    const segments = ids.map(segment);
    expect(new Set(segments).size).toBe(ids.length);
    for (const one of segments) expect(one).toMatch(/^[\w-][\w.-]{0,140}$/);
  });
});

describe('openEvidenceStore', () => {
  test('a path is a folder, an s3:// URL a bucket', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'belay-evidence-'));
    expect((await openEvidenceStore(folder)).reference('a/b.json')).toBe(`file://${folder}/a/b.json`);
    const s3 = await openEvidenceStore('s3://bucket/some/prefix/?endpoint=http://127.0.0.1:1&region=eu-central-1');
    expect(s3.reference('a/b.json')).toBe('s3://bucket/some/prefix/a/b.json');
  });

  test.each([
    ['gs://bucket', 'neither a folder nor an s3:// URL'],
    ['s3:///prefix', 'the bucket is missing'],
    ['s3://key:secret@bucket', 'credentials do not belong'],
  ])('refuses %s with the cure', async (location, why) => {
    await expect(openEvidenceStore(location)).rejects.toThrow(why);
  });
});
