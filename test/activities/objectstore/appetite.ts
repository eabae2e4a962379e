import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { openBucket } from '../../../activities/objectstore/bucket.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import { objectStoreSchema } from '../../../systems/backupSchema.js';

// Uploads a stream of so many MiB and says by how much the memory of this process grew at most, in bytes.
const [place = '{}', mib = '0', partMiB = '8', concurrency = '4'] = process.argv.slice(2);
const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;

const secrets = createSecretResolver({ env: process.env, readFile: () => Promise.reject(new Error('no files')) });
const bucket = await openBucket(objectStoreSchema.parse(JSON.parse(place)), secrets);
const { signal } = new AbortController();
const partBytes = Number(partMiB) * 1024 * 1024;
// Connections and code are there before it is measured.
await bucket.upload(Readable.from([Buffer.alloc(1_000)]), { key: `${mib}/warm`, partBytes, signal });
const before = process.memoryUsage().rss;
let left = Number(mib) * 16;
const body = new Readable({
  read() {
    this.push(left-- > 0 ? Buffer.alloc(65_536, left) : null);
  },
});
const began = Date.now();
const { bytes } = await bucket.upload(body, {
  key: `${mib}/payload`,
  partBytes,
  concurrency: Number(concurrency),
  signal,
});
process.stdout.write(JSON.stringify({ bytes, grown: peak() - before, tookMs: Date.now() - began }));
bucket.close();
