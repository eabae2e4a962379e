import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { interruption } from './interrupt.js';
import { runCommand } from './command.js';

// Many machines reach package registries only; finding that out must not cost the user minutes.
const FIRST_ANSWER_MS = 3_000;
const WHOLE_DOWNLOAD_MS = 10 * 60_000;

async function get(url: string): Promise<Response> {
  const control = new AbortController();
  const whole = setTimeout(() => control.abort(new Error('download took too long')), WHOLE_DOWNLOAD_MS);
  const first = setTimeout(() => control.abort(new Error('no answer within 3 s')), FIRST_ANSWER_MS);
  whole.unref();
  try {
    const response = await fetch(url, { signal: AbortSignal.any([control.signal, interruption]) });
    if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
    return response;
  } catch (error) {
    clearTimeout(whole);
    throw error;
  } finally {
    clearTimeout(first);
  }
}

/** Text of a small file, e.g. a list of checksums. Fails within 3 seconds when the host cannot be reached. */
export async function downloadText(url: string): Promise<string> {
  return (await get(url)).text();
}

/**
 * Downloads a .tar.gz and unpacks it into `dir`. Fails within 3 seconds when the host cannot be reached, and when the
 * archive's SHA-256 is not the given one (hex).
 */
export async function downloadAndUnpack(url: string, dir: string, sha256?: string): Promise<void> {
  const response = await get(url);
  if (response.body === null) throw new Error(`${url} answered without content`);
  const archive = join(dir, 'download.tar.gz');
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), hashing, createWriteStream(archive));
    const actual = hash.digest('hex');
    if (sha256 !== undefined && actual !== sha256) {
      throw new Error(`${url} has SHA-256 ${actual}, expected ${sha256}; not using it`);
    }
    await runCommand('tar', ['-xzf', archive, '-C', dir], { timeoutMs: 120_000 });
  } finally {
    await rm(archive, { force: true });
  }
}
