import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { runCommand } from '../../../activities/pipeline/index.js';
import type { BackupTarget } from '../../../activities/backup/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newId, openSite, publish, run, type Site } from './support.js';

const WORD = 'a-word-that-must-not-be-seen';
let site: Site;

async function newKey(): Promise<{ identity: string; recipient: string }> {
  const { stdout } = await runCommand({ file: 'age-keygen', args: [] }, { signal: new AbortController().signal });
  const [identity = ''] = /^AGE-SECRET-KEY-.*$/m.exec(stdout) ?? [];
  const [recipient = ''] = /age1[0-9a-z]+/.exec(stdout) ?? [];
  return { identity, recipient };
}

beforeAll(async () => {
  site = await openSite();
  const [daily, offline, foreign] = [await newKey(), await newKey(), await newKey()];
  Object.assign(site.env, { DAILY: daily.identity, OFFLINE: offline.identity, FOREIGN: foreign.identity });
  const recipients = [daily.recipient, offline.recipient];
  site.target.policy.encryption = { recipients, identity: 'env:DAILY', recoveryIdentity: 'env:OFFLINE' };
  await writeFile(site.source, `${WORD}\n`.repeat(500));
}, SANDBOX_MS);
afterAll(() => site?.close());
beforeEach(() => {
  site.play = {};
  site.log.length = 0;
});

const withKeys = (changes: Partial<NonNullable<BackupTarget['policy']['encryption']>>): BackupTarget => {
  const { encryption } = site.target.policy;
  if (!encryption) throw new Error('no encryption');
  const { recoveryIdentity: _left, ...rest } = encryption;
  return { ...site.target, policy: { ...site.target.policy, encryption: { ...rest, ...changes } } };
};
const verify = (backupId: string, identity: 'verification' | 'recovery', target = site.target) =>
  site.call('rehearseRestore', { target, backupId, level: 'L6', identity, run });

describe('an encrypted backup', () => {
  test('says nothing to whoever has the bucket, and comes back with either key', async () => {
    const { backupId, draft, entry } = await publish(site);
    expect(entry.encrypted).toBe(true);
    expect(draft.objects.map(({ key }) => path.basename(key))).toEqual(['text.txt.zst.age', 'contents.json.zst.age']);
    for (const key of await site.keys()) {
      const { Body } = await site.client.send(new GetObjectCommand({ Bucket: site.bucket, Key: `belay/${key}` }));
      const stored = Buffer.from((await Body?.transformToByteArray()) ?? []);
      for (const word of [WORD, 'AGE-SECRET-KEY', site.env['KEY_SECRET'] ?? 'none'])
        expect(stored.includes(word)).toBe(false);
    }
    for (const identity of ['verification', 'recovery'] as const) {
      expect(await verify(backupId, identity)).toMatchObject({ passed: true, reached: 'L6' });
    }
    const restored = await site.call('restoreBackup', {
      target: site.target,
      backupId,
      into: 'clear',
      level: 'L6',
      run,
    });
    expect(restored.verification.passed).toBe(true);
    expect(await readFile(path.join(site.dir, 'clear'))).toEqual(await readFile(site.source));
    expect(await readdir(path.join(site.scratch, 't'))).toEqual([]);
  });

  test('a drill uses the recovery key and never another in its place', async () => {
    const { backupId } = await publish(site);
    const noRecovery = withKeys({});
    await expect(verify(backupId, 'recovery', noRecovery)).rejects.toMatchObject({
      type: 'Unsupported',
      nonRetryable: true,
    });
    await expect(verify(backupId, 'recovery', noRecovery)).rejects.toThrow('recoveryIdentity');
    const onlyRecovery = withKeys({ identity: 'env:GONE', recoveryIdentity: 'env:OFFLINE' });
    expect(await verify(backupId, 'recovery', onlyRecovery)).toMatchObject({ passed: true });
    await expect(verify(backupId, 'verification', onlyRecovery)).rejects.toMatchObject({ type: 'SecretUnresolved' });
  });

  test.each(['FOREIGN', 'KEY_SECRET'])(
    'a key that does not fit (%s) says nothing of the backup, and is not told',
    async (name) => {
      const { backupId } = await publish(site);
      const failure = verify(backupId, 'verification', withKeys({ identity: `env:${name}` }));
      await expect(failure).rejects.toMatchObject({ type: 'Forbidden', nonRetryable: true });
      await expect(failure).rejects.not.toThrow(site.env[name] ?? 'none');
      expect(await readdir(path.join(site.scratch, 't'))).toEqual([]);
    },
  );

  test('without its description any more it is not called bad', async () => {
    const { backupId } = await publish(site);
    const { encryption: _encryption, ...policy } = site.target.policy;
    const failure = verify(backupId, 'verification', { ...site.target, policy });
    await expect(failure).rejects.toMatchObject({ type: 'Unsupported' });
    // L2 needs no key.
    const target = { ...site.target, policy };
    expect(
      await site.call('rehearseRestore', { target, backupId, level: 'L2', identity: 'recovery', run }),
    ).toMatchObject({
      passed: true,
    });
  });
});

describe('a source that holds secrets', () => {
  test('is never stored in plain text', async () => {
    const { encryption: _encryption, ...policy } = site.target.policy;
    const plain = { ...site.target, policy };
    site.play = { needsEncryption: true };
    for (const name of ['takeBackup', 'stageBackup'] as const) {
      const failure = site.call(name, { target: plain, backupId: newId(), run });
      await expect(failure).rejects.toMatchObject({ type: 'Unsupported', nonRetryable: true });
    }
    expect(site.log).toEqual([]);
  });

  test('is decrypted into memory only', async () => {
    site.play = { needsEncryption: true };
    const { backupId } = await publish(site);
    let seen = '';
    site.play = {
      needsEncryption: true,
      async rehearse(text, { scratch }) {
        for (const name of await readdir(scratch, { recursive: true, withFileTypes: true })) {
          if (name.isFile()) seen += await readFile(path.join(name.parentPath, name.name), 'latin1');
        }
        return text;
      },
    };
    expect(await verify(backupId, 'verification')).toMatchObject({ passed: true, reached: 'L6' });
    expect(seen).not.toContain(WORD);
    expect(seen).not.toContain('"items"');
  });
});
