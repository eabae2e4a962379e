import { describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { createSecretResolver } from '../../../activities/secrets/resolver.js';
import { bounded, redact, registerSecret } from '../../../activities/secrets/redact.js';

const read = (file: string) => readFile(file, 'utf8');

describe('createSecretResolver', () => {
  test('reads env:, file: (without its last newline), k8s: and aws-sm: through what it was given', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'belay-secret-')), 'token');
    await writeFile(file, 'from-a-file\n');
    const secrets = createSecretResolver({
      env: { TOKEN: 'from-env' },
      readFile: read,
      kube: (...where) => Promise.resolve(`kube:${where.join(',')}`),
      aws: (...where) => Promise.resolve(`aws:${where.join(',')}`),
    });
    expect(await secrets.resolve('env:TOKEN')).toBe('from-env');
    expect(await secrets.resolve(`file:${file}`)).toBe('from-a-file');
    expect(await secrets.resolve('k8s:web/db#password')).toBe('kube:web,db,password');
    expect(await secrets.resolve('aws-sm:prod/db#password')).toBe('aws:prod/db,password');
  });

  const empty = createSecretResolver({ env: { EMPTY: '' }, readFile: read });
  test.each([
    ['env:MISSING_TOKEN', 'set MISSING_TOKEN'],
    ['env:EMPTY', 'it is empty'],
    ['file:/nowhere/at/all', 'mount the file'],
    ['file:/tmp', 'EISDIR'],
    ['k8s:web/db#password', 'not configured'],
    ['aws-sm:prod/db#password', 'not configured'],
    ['hunter2', 'write env:NAME'],
  ])('%s fails finally, naming the reference and the cure', async (reference, cure) => {
    const failure = await empty.resolve(reference).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'SecretUnresolved', nonRetryable: true });
    expect((failure as Error).message).toContain(reference);
    expect((failure as Error).message).toContain(cure);
  });

  test('a Secret that is not there is final, an API server that does not answer is tried again', async () => {
    const absent = createSecretResolver({ env: {}, readFile: read, kube: () => Promise.resolve(undefined) });
    await expect(absent.resolve('k8s:web/db#pw')).rejects.toMatchObject({ nonRetryable: true });
    const down = createSecretResolver({
      env: {},
      readFile: read,
      kube: () => Promise.reject(new Error('ECONNREFUSED')),
    });
    await expect(down.resolve('k8s:web/db#pw')).rejects.toMatchObject({ nonRetryable: false });
  });
});

describe('redact', () => {
  const value = 's3cr3t/päss word+"quoted"=';

  test('hides a resolved value raw, JSON-escaped, URL-encoded and in base64, also inside a longer encoding', async () => {
    await createSecretResolver({ env: { V: value }, readFile: read }).resolve('env:V');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const leaks = [
      value,
      JSON.stringify({ value }),
      encodeURIComponent(value),
      new URLSearchParams({ value }).toString(),
      base64(value),
      base64(`u:${value}`),
      base64(`me:${value}:x`),
      base64(`user:${value}!`),
      Buffer.from(`user:${value}`).toString('base64url'),
    ];
    for (const leak of leaks) {
      const hidden = redact(`before ${leak} after`);
      expect(hidden).toContain('[redacted]');
      expect(hidden).toMatch(/^before .* after$/);
      // No run of eight characters of the leak survives outside the mask.
      expect(hidden).not.toContain(leak.slice(-14, -4));
    }
  });

  test('hides what looks like a credential without having been resolved', () => {
    const text = redact('xoxb-123456-abcdef, postgres://app:hunter2@db/x, Authorization: Bearer abcdefghijkl');
    expect(text).not.toMatch(/xoxb|hunter2|abcdefghijkl/);
    expect(text).toContain('postgres://app:');
  });

  test('leaves ordinary text alone, and a value of one to three characters cannot blank it', () => {
    registerSecret('a');
    registerSecret('on');
    expect(redact('a rollout goes on')).toBe('a rollout goes on');
  });

  test('bounded cuts after redacting, so that a cut value is hidden too', () => {
    registerSecret('very-long-credential-0123456789');
    expect(bounded(`x very-long-credential-0123456789\n\u001b[31m y`, 10)).toBe('x [redact…');
  });
});
