import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeIdentity } from '../pipeline/index.js';
import { freeBytes, sizeText } from './classify.js';
import { parseContents, summarise } from './contents.js';
import { download } from './download.js';
import type { Contents, Engine, Files } from './engine.js';
import { backupError } from './errors.js';
import { CONTENTS_NAME, type Manifest } from './manifest.js';
import type { BackupTarget, StoredObject } from './types.js';
import { unpackInMemory, unpackTo } from './unpack.js';
import type { Work } from './work.js';

/** Which private key decrypts: the one for verification, or the offline one of a drill. */
export type Identity = 'verification' | 'recovery';

/** Stored objects of a backup on disk, and what is wrong with them. */
export interface Fetched {
  dir: string;
  problems: string[];
}

const storedFile = (dir: string, object: StoredObject): string => path.join(dir, path.posix.basename(object.key));

/** Reads every object of a backup and hashes it (L2); with `keep` the bytes are kept on disk. Throws `DiskFull` before it begins. */
export async function fetchObjects(work: Work, manifest: Manifest, keep: boolean): Promise<Fetched> {
  const dir = path.join(work.scratch, 'stored');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (keep) await refuseNarrow(dir, manifest);
  const problems: string[] = [];
  for (const object of manifest.objects) {
    work.beat.phase(`fetch ${object.name}`, 'bytes');
    const reading = { bucket: work.bucket, signal: work.beat.signal, onBytes: work.beat.moved };
    const problem = await download(reading, object, keep ? storedFile(dir, object) : undefined);
    if (problem !== undefined) problems.push(problem);
  }
  return { dir, problems };
}

async function refuseNarrow(dir: string, manifest: Manifest): Promise<void> {
  const stored = manifest.objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const needed = stored + (manifest.plainBytes ?? 0);
  const free = await freeBytes(dir);
  if (free >= needed) return;
  throw backupError(
    'DiskFull',
    `${dir} has ${sizeText(free)} free, unpacking ${manifest.id} needs ${sizeText(needed)}: free more, or set BELAY_SCRATCH to a larger disk.`,
  );
}

/** The decrypted, decompressed payloads and the list of contents of a backup. */
export interface Unpacked {
  files: Files;
  contents: Contents;
}

/** Unpacks what was fetched. Throws `Damaged` when it cannot be read to its end or the contents are not those of the manifest. */
export async function unpackObjects(
  work: Work,
  engine: Engine,
  manifest: Manifest,
  fetched: Fetched,
  identity: Identity,
): Promise<Unpacked> {
  const dir = path.join(work.scratch, 'files');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const encrypted = manifest.objects.some((object) => object.encryption === 'age');
  const identityFile = encrypted ? await identityIn(work, identity) : undefined;
  const paths: Record<string, string> = {};
  const memory: Record<string, Uint8Array> = {};
  try {
    for (const object of manifest.objects) {
      const stored = storedFile(fetched.dir, object);
      if (engine.needsEncryption) {
        memory[object.name] = await unpackInMemory(work, object, stored, identityFile);
      } else {
        const plain = path.join(dir, path.basename(object.name));
        await unpackTo(work, object, stored, plain, identityFile);
        paths[object.name] = plain;
      }
    }
  } finally {
    // Nobody needs the key while the copy is restored and compared.
    if (identityFile !== undefined) await rm(identityFile, { force: true });
  }
  const { [CONTENTS_NAME]: listFile, ...payloads } = paths;
  const { [CONTENTS_NAME]: listBytes, ...inMemory } = memory;
  const text = listBytes ?? (listFile === undefined ? undefined : await readFile(listFile));
  const files = { dir, paths: payloads, ...(engine.needsEncryption && { memory: inMemory }) };
  return { files, contents: contentsOf(manifest, text) };
}

function contentsOf(manifest: Manifest, bytes: Uint8Array | undefined): Contents {
  const parsed = parse(bytes);
  if (parsed !== undefined && summarise(parsed).digest === manifest.contents.digest) return parsed;
  throw backupError('Damaged', 'The list of contents is not the one that the manifest names.');
}

function parse(bytes: Uint8Array | undefined): Contents | undefined {
  if (bytes === undefined) return undefined;
  try {
    return parseContents(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Writes the private key where only this attempt finds it; it goes with the scratch folder. */
async function identityIn(work: Work, identity: Identity): Promise<string> {
  const reference = identityReference(work.target, identity);
  return writeIdentity(work.scratch, await work.options.secrets.resolve(reference));
}

/** Reference of the key. Throws `Unsupported` when the description has none: another key is never taken in its place. Pure. */
export function identityReference({ source, policy }: BackupTarget, identity: Identity): string {
  if (!policy.encryption) {
    throw backupError(
      'Unsupported',
      `This backup of ${source.name} is encrypted, but backups.encryption is not described any more.`,
    );
  }
  if (identity === 'verification') return policy.encryption.identity;
  if (policy.encryption.recoveryIdentity !== undefined) return policy.encryption.recoveryIdentity;
  throw backupError(
    'Unsupported',
    'A drill decrypts with the recovery identity only, and backups.encryption.recoveryIdentity is not described. ' +
      'Describe it as a reference that workers of the drill can resolve.',
  );
}
