import { open } from 'node:fs/promises';
import { backupError } from '../backup/errors.js';
import type { EngineContext } from '../backup/engine.js';
import { endsOf, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';

type Surroundings = Pick<EngineContext, 'signal'>;

const BLOCK = 512;
/** A list of a hundred thousand long names. */
const LIST_BYTES = 256 * 1024 * 1024;
const LIST_MS = 3_600_000;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Names as they are, whatever is in them: control characters and all that is not ASCII come as `\ooo`. */
const NAMES = ['--quoting-style=escape', '--no-wildcards', '--numeric-owner'];

/** Runs GNU tar. Throws `MissingProgram` when the `tar` that is found is another one, and what `runCommand` throws. */
export async function tar(
  args: readonly string[],
  { signal }: Surroundings,
  okCodes: readonly number[] = [0],
): Promise<{ stdout: string; stderr: string; code: number }> {
  return runCommand({ file: 'tar', args: [...NAMES, ...args] }, { signal, okCodes, maxBytes: LIST_BYTES });
}

/** Version of GNU tar, such as `1.34`. Throws `MissingProgram` for any other tar. */
export async function tarVersion({ signal }: Surroundings): Promise<string> {
  const options = { signal, timeoutMs: 20_000 };
  const { stdout } = await runCommand({ file: 'tar', args: ['--version'] }, options);
  const [, major = '0', minor = '0'] = /\(GNU tar\) (\d+)\.(\d+)/.exec(stdout) ?? [];
  // `--sort` came with 1.28.
  if (Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 28)) return `${major}.${minor}`;
  throw backupError(
    'MissingProgram',
    'GNU tar 1.28 or newer is needed; install it, and set BELAY_TAR_BIN where `tar` is another program.',
  );
}

/** A name as `--quoting-style=escape` prints it, back to what it is. Throws `Unsupported` when it is no UTF-8. Pure. */
export function unescapeName(printed: string): string {
  const named: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
  const bytes: number[] = [];
  for (const [, octal, letter, plain] of printed.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (letter !== undefined) bytes.push(named[letter] ?? letter.charCodeAt(0));
    else bytes.push(...Buffer.from(plain ?? ''));
  }
  try {
    return utf8.decode(Buffer.from(bytes));
  } catch {
    throw backupError('Unsupported', `The name of ${bounded(printed)} is no UTF-8; rename that file, or exclude it.`);
  }
}

/** A member's name without the leading `./` and the trailing `/`; the folder itself is the empty name. Pure. */
export function relativeName(member: string): string {
  return member.replace(/^\.(\/|$)/, '').replace(/\/+$/, '');
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Names of all members of an archive on disk. */
export async function memberNames(archive: string, surroundings: Surroundings, more: string[] = []): Promise<string[]> {
  const { stdout } = await tar([...more, '--list', `--file=${archive}`], surroundings);
  return linesOf(stdout).map(unescapeName);
}

/**
 * What is wrong with an archive's structure: cut, without its end, a header damaged, blocks of zeros in the middle that hide what
 * follows. Tar has no checksum over the contents of files: those are compared at L6. Empty means good.
 */
export async function structureProblems(archive: string, surroundings: Surroundings): Promise<string[]> {
  if (!(await endsAsTar(archive))) return ['The archive has no end: it was cut, or its last blocks are damaged.'];
  try {
    const names = await memberNames(archive, surroundings);
    const all = await memberNames(archive, surroundings, ['--ignore-zeros']);
    if (names.length === 0) return ['The archive has no members.'];
    if (all.length !== names.length) return [`Blocks of zeros hide ${all.length - names.length} of its members.`];
    return [];
  } catch (error) {
    const [end] = endsOf(error);
    if (end === undefined || end.code === null) throw error;
    return [`tar does not read it: ${bounded(end.stderr)}`];
  }
}

/** An archive ends with two blocks of zeros, in a whole number of blocks. */
async function endsAsTar(archive: string): Promise<boolean> {
  const handle = await open(archive, 'r');
  try {
    const { size } = await handle.stat();
    if (size < 2 * BLOCK || size % BLOCK !== 0) return false;
    const { buffer } = await handle.read(Buffer.alloc(2 * BLOCK, 1), 0, 2 * BLOCK, size - 2 * BLOCK);
    return buffer.every((byte) => byte === 0);
  } finally {
    await handle.close();
  }
}

/** Why an archive must not be unpacked: devices, pipes and sockets in it, names that lead out of the folder. Empty means that it may. */
export async function dangers(archive: string, surroundings: Surroundings): Promise<string[]> {
  const options = { signal: surroundings.signal, maxBytes: LIST_BYTES, timeoutMs: LIST_MS };
  const args = [...NAMES, '--list', '--verbose', '--absolute-names', `--file=${archive}`];
  const { stdout } = await runCommand({ file: 'tar', args }, options);
  const special = linesOf(stdout).filter((line) => !/^[-dlh]/.test(line));
  const names = await memberNames(archive, surroundings, ['--absolute-names']);
  const outside = names.filter((name) => name.startsWith('/') || name.split('/').includes('..'));
  return [
    ...special.slice(0, 5).map((line) => `it holds a special file: ${bounded(line, 120)}`),
    ...outside.slice(0, 5).map((name) => `it holds a name that leads out of the folder: ${bounded(name, 120)}`),
  ];
}

/**
 * Unpacks into an empty folder, with modes, and with owners where we are root. GNU tar itself makes links only at the end, so that
 * no file is written through one. Throws `RestoreError` when the archive is dangerous or tar fails.
 */
export async function unpack(archive: string, into: string, surroundings: Surroundings): Promise<void> {
  const reasons = await orRestoreError(() => dangers(archive, surroundings));
  if (reasons.length > 0) {
    throw backupError(
      'RestoreError',
      `The archive is not unpacked: ${reasons.join('; ')}. It was not made by this program; look at who wrote it.`,
    );
  }
  const args = ['--extract', `--file=${archive}`, `--directory=${into}`, '--preserve-permissions'];
  const owner = process.getuid?.() === 0 ? '--same-owner' : '--no-same-owner';
  await orRestoreError(() => tar([...args, owner, '--delay-directory-restore'], surroundings));
}

async function orRestoreError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const [end] = endsOf(error);
    const full = error instanceof Error && 'type' in error && error.type === 'DiskFull';
    if (end === undefined || end.code === null || full) throw error;
    const said = bounded(end.stderr);
    if (/permission denied|not permitted|read-only|input\/output error/i.test(said)) {
      throw backupError(
        'Forbidden',
        `tar could not write what it unpacked: ${said}. Give the worker's user the right to do so.`,
      );
    }
    throw backupError('RestoreError', `tar could not unpack the archive: ${said}. Verify an older backup.`);
  }
}
