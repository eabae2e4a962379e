import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backupError } from '../backup/errors.js';
import type { Command } from './types.js';

/** zstd over all cores. `level` 1 to 19; each frame carries a checksum. */
export function compress(level: number): Command {
  if (!Number.isInteger(level) || level < 1 || level > 19) {
    throw backupError('Unsupported', `${level} is no compression level of zstd; use 1 to 19.`);
  }
  return { file: 'zstd', args: ['-q', '-c', `-${level}`, '-T0'] };
}

/** Undoes `compress`; fails on a cut or changed frame. */
export function decompress(): Command {
  return { file: 'zstd', args: ['-q', '-d', '-c'] };
}

/** age to public keys, any one of whose identities can decrypt. */
export function encrypt(recipients: readonly string[]): Command {
  if (recipients.length === 0 || recipients.some((recipient) => !/^age1[0-9a-z]{50,}$/.test(recipient))) {
    throw backupError('Unsupported', 'Encryption needs public keys of age (age1…), one at least.');
  }
  return { file: 'age', args: ['--encrypt', ...recipients.flatMap((recipient) => ['-r', recipient])] };
}

/** Undoes `encrypt` with the identity in a file (`writeIdentity`); fails when it is not one of the recipients, or a byte was changed. */
export function decrypt(identityFile: string): Command {
  return { file: 'age', args: ['--decrypt', '-i', identityFile] };
}

/** Writes an identity (a private key) into `scratch`, readable by the worker's user only, and gives the file's path. */
export async function writeIdentity(scratch: string, identity: string): Promise<string> {
  const file = join(scratch, `identity-${randomUUID()}`);
  await writeFile(file, `${identity.trim()}\n`, { mode: 0o600, flag: 'wx' });
  return file;
}
