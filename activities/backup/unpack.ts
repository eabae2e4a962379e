import { rename, rm } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { decompress, decrypt, endsOf, startPipeline } from '../pipeline/index.js';
import type { Command } from '../pipeline/types.js';
import { bounded } from '../secrets/index.js';
import { isError } from './classify.js';
import { backupError } from './errors.js';
import type { StoredObject } from './types.js';
import type { Work } from './work.js';

/** What undoes the storing of an object: the first reads the stored file. */
function commandsOf(object: StoredObject, stored: string, identityFile: string | undefined): Command[] {
  const filters: Command[] = [];
  if (object.encryption === 'age') {
    if (identityFile === undefined)
      throw backupError('Unsupported', `${object.name} is encrypted, and there is no identity.`);
    filters.push(decrypt(identityFile));
  }
  if (object.compression === 'zstd') filters.push(decompress());
  const [first, ...rest] = filters;
  return first ? [{ ...first, stdin: stored }, ...rest] : [];
}

/** Decrypts and decompresses a stored file to its end, into `plain`; the stored file is removed. Throws `Damaged` when that fails. */
export async function unpackTo(
  work: Work,
  object: StoredObject,
  stored: string,
  plain: string,
  identityFile: string | undefined,
): Promise<void> {
  const commands = commandsOf(object, stored, identityFile);
  const last = commands.at(-1);
  if (last === undefined) return rename(stored, plain);
  // zstd writes the file itself: decompressed bytes never pass through this process.
  const direct =
    object.compression === 'zstd'
      ? [...commands.slice(0, -1), { ...last, args: ['-q', '-d', '-o', plain] }]
      : [...commands, teeTo(plain)];
  await running(work, object, direct, async (pipeline) => {
    pipeline.output.resume();
    await pipeline.ended;
  });
  await rm(stored, { force: true });
}

const teeTo = (plain: string): Command => ({ file: 'dd', args: [`of=${plain}`, 'bs=1M', 'status=none'] });

/** The same into memory, for what must never lie on a disk in plain text. */
export async function unpackInMemory(
  work: Work,
  object: StoredObject,
  stored: string,
  identityFile: string | undefined,
): Promise<Uint8Array> {
  const commands = commandsOf(object, stored, identityFile);
  if (commands.length === 0) throw backupError('Damaged', `${object.name} was stored in plain text; it holds secrets.`);
  let bytes = Buffer.alloc(0);
  await running(work, object, commands, async (pipeline) => {
    bytes = await buffer(pipeline.output);
    await pipeline.ended;
  });
  await rm(stored, { force: true });
  return bytes;
}

async function running(
  work: Work,
  object: StoredObject,
  commands: readonly Command[],
  use: (pipeline: Awaited<ReturnType<typeof startPipeline>>) => Promise<void>,
): Promise<void> {
  const pipeline = await startPipeline(commands, { signal: work.beat.signal });
  work.beat.phase(`unpack ${object.name}`, 'bytes', () => pipeline.cpuSeconds());
  try {
    await use(pipeline);
  } catch (error) {
    work.beat.signal.throwIfAborted();
    throw judged(error, object);
  } finally {
    await pipeline.kill();
  }
}

/** What a failed decryption or decompression says: about the key, about the worker, or about the backup. */
function judged(error: unknown, object: StoredObject): unknown {
  if (!isError(error, 'ProducerFailed') || !(error instanceof Error)) return error;
  const ends = endsOf(error);
  const said = ends.map(({ stderr }) => stderr).join(' ');
  if (
    /no identity matched|incorrect identity|malformed secret key|unknown identity|failed to read.*identit/i.test(said)
  ) {
    return backupError(
      'Forbidden',
      `The identity does not decrypt ${object.name}: it is none of the recipients. Give the right one. age said: ${bounded(said)}`,
    );
  }
  // Ended from outside, e.g. by the system when memory ran out: that says nothing about the bytes.
  if (ends.some(({ signal }) => signal !== null && signal !== 'SIGPIPE')) return error;
  return backupError('Damaged', `${object.name} cannot be decrypted and decompressed to its end: ${error.message}`);
}
