import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { compress, decompress, decrypt, encrypt, writeIdentity } from '../../../activities/pipeline/filters.js';
import { runCommand } from '../../../activities/pipeline/run.js';
import { startPipeline } from '../../../activities/pipeline/start.js';
import type { Command } from '../../../activities/pipeline/types.js';
import { backupPrograms } from '../../../sandbox/programs.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';

const { signal } = new AbortController();
const before = process.env['BELAY_PROGRAMS'];
let dir: string;

interface Key {
  identity: string;
  recipient: string;
}

async function key(): Promise<Key> {
  const { stdout } = await runCommand({ file: 'age-keygen', args: [] }, { signal });
  const [identity = '', recipient = ''] = [/^AGE-SECRET-KEY-.*$/m, /age1[0-9a-z]+/].map(
    (form) => form.exec(stdout)?.[0],
  );
  return { identity, recipient };
}

async function through(file: string, ...commands: Command[]): Promise<Buffer> {
  const [first, ...rest] = commands;
  if (!first) throw new Error('no command');
  const pipeline = await startPipeline([{ ...first, stdin: file }, ...rest], { signal });
  return buffer(pipeline.output);
}

beforeAll(async () => {
  const folders = await backupPrograms((line) => process.stderr.write(`${line}\n`));
  process.env['BELAY_PROGRAMS'] = folders.join(delimiter);
  dir = await mkdtemp(join(tmpdir(), 'belay-filters-'));
}, SANDBOX_MS);

afterAll(async () => {
  if (before === undefined) delete process.env['BELAY_PROGRAMS'];
  else process.env['BELAY_PROGRAMS'] = before;
  await rm(dir, { recursive: true, force: true });
});

describe('filters', () => {
  const text = Buffer.from('row\n'.repeat(100_000));
  const file = (name: string): string => join(dir, name);

  test('what is compressed and encrypted to two keys comes back with either of them', async () => {
    await writeFile(file('plain'), text);
    const keys = [await key(), await key()];
    const sealed = await through(file('plain'), compress(3), encrypt(keys.map(({ recipient }) => recipient)));
    expect(sealed.subarray(0, 18).toString()).toBe('age-encryption.org');
    expect(sealed.length).toBeLessThan(text.length / 100);
    await writeFile(file('sealed'), sealed);
    for (const { identity } of keys) {
      const identityFile = await writeIdentity(dir, identity);
      expect((await stat(identityFile)).mode & 0o777).toBe(0o600);
      const opened = await through(file('sealed'), decrypt(identityFile), decompress());
      expect(opened.equals(text)).toBe(true);
    }
  });

  test('a foreign key, a changed byte and a cut end are failures, never shorter data', async () => {
    const [own, foreign] = [await key(), await key()];
    await writeFile(file('plain'), text);
    const compressed = await through(file('plain'), compress(1));
    await writeFile(file('packed'), compressed);
    const sealed = await through(file('packed'), encrypt([own.recipient]));
    const flipped = Buffer.from(sealed);
    flipped[sealed.length - 20] = (flipped[sealed.length - 20] ?? 0) ^ 1;
    const ownFile = await writeIdentity(dir, own.identity);
    const foreignFile = await writeIdentity(dir, foreign.identity);
    const cases: [Buffer, Command, RegExp][] = [
      [sealed, decrypt(foreignFile), /no identity matched/],
      [flipped, decrypt(ownFile), /age exited with 1/],
      [sealed.subarray(0, -10), decrypt(ownFile), /age exited with 1/],
      [compressed.subarray(0, -3), decompress(), /zstd exited with 1/],
    ];
    for (const [bytes, command, message] of cases) {
      await writeFile(file('case'), bytes);
      await expect(through(file('case'), command)).rejects.toMatchObject({
        type: 'ProducerFailed',
        message: expect.stringMatching(message),
      });
    }
  });

  test.each([0, 20, 2.5])('compression level %s is refused', (level) => {
    expect(() => compress(level)).toThrow(/use 1 to 19/);
  });

  test('recipients that are options or identities are refused', () => {
    for (const recipients of [[], ['-p'], ['AGE-SECRET-KEY-1ABC']])
      expect(() => encrypt(recipients)).toThrow(/public keys/);
  });
});
