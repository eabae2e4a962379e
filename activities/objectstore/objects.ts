import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { backupError } from '../backup/errors.js';
import { sha256Base64 } from './digest.js';
import { download } from './download.js';
import { isMissing } from './errors.js';
import { bucketExists } from './facts.js';
import type { Place } from './place.js';
import { putNew } from './put.js';
import type { Bucket } from './types.js';

const MAX_BYTES = 16 * 1024 * 1024;

async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  return request.catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** Small objects, whole: `Bucket.create`, `read`, `head`, and `open` for big ones. */
export function objectsOf(place: Place): Pick<Bucket, 'create' | 'read' | 'head' | 'open'> {
  const { bucket: Bucket, client, patient } = place;

  /** A part of an object from an offset on; `etag` makes sure that it is of the same object, even where there are no versions. */
  async function get(key: string, query: { offset?: number; versionId?: string; etag?: string }, signal?: AbortSignal) {
    const { offset = 0, versionId, etag } = query;
    const command = new GetObjectCommand({
      Bucket,
      Key: place.full(key),
      ...(versionId === undefined ? {} : { VersionId: versionId }),
      ...(offset === 0 ? {} : { Range: `bytes=${offset}-` }),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    });
    const { Body, ContentLength, ETag } = await patient.send(command, signal ? { abortSignal: signal } : {});
    if (!(Body instanceof Readable) || ContentLength === undefined) {
      throw backupError('Unreachable', `The store sent ${place.reference(key)} without a length.`);
    }
    return { body: Body, bytes: offset + ContentLength, etag: ETag };
  }

  function whole(
    key: string,
    first: Awaited<ReturnType<typeof get>>,
    versionId?: string,
    signal?: AbortSignal,
  ): Readable {
    const same = {
      ...(versionId === undefined ? {} : { versionId }),
      ...(first.etag === undefined ? {} : { etag: first.etag }),
    };
    return download(first, {
      from: async (offset) => (await get(key, { ...same, offset }, signal)).body,
      idleMs: place.patience.idleMs,
      error: (error) => place.error(error, `read ${key}`, signal),
      ...(signal ? { signal } : {}),
    });
  }

  return {
    async create(key, body, contentType, { lock = true } = {}) {
      const bytes = Buffer.from(body);
      const part = { bytes, checksum: sha256Base64(bytes) };
      const put = await place.ask(`create ${key}`, () => putNew(place, place.full(key), part, { contentType, lock }));
      return put === 'exists' ? 'exists' : 'created';
    },

    async read(key, maxBytes = MAX_BYTES) {
      const found = await place.ask(`read ${key}`, () => unlessMissing(get(key, {})));
      if (found === undefined) return undefined;
      if (found.bytes > maxBytes) {
        found.body.destroy();
        const message = `${place.reference(key)} has ${found.bytes} bytes, more than the ${maxBytes} that it may have; it is not what it should be.`;
        throw backupError('Damaged', message);
      }
      return buffer(whole(key, found));
    },

    async head(key) {
      return place.ask(`look at ${key}`, async () => {
        const head = await unlessMissing(client.send(new HeadObjectCommand({ Bucket, Key: place.full(key) })));
        if (head === undefined) {
          // The answer to HEAD does not say whether the object or the whole bucket is missing.
          await bucketExists(place);
          return undefined;
        }
        return {
          bytes: head.ContentLength ?? 0,
          modified: head.LastModified ?? new Date(0),
          ...(head.VersionId ? { versionId: head.VersionId } : {}),
          ...(head.ObjectLockRetainUntilDate ? { lockedUntil: head.ObjectLockRetainUntilDate.toISOString() } : {}),
        };
      });
    },

    async open(key, versionId, signal) {
      const query = versionId === undefined ? {} : { versionId };
      const first = await place.ask(`read ${key}`, () => get(key, query, signal), signal);
      return { body: whole(key, first, versionId, signal), bytes: first.bytes };
    },
  };
}
