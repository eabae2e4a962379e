import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { backupError } from '../backup/errors.js';
import type { SecretResolver } from '../secrets/index.js';
import type { ObjectStoreRef } from '../../systems/backupSchema.js';
import { storeError } from './errors.js';

/** Bounds of waiting; the defaults suit a store over the internet. */
export interface Patience {
  /** Tries of one request, with growing waits between. */
  attempts: number;
  connectMs: number;
  /** A connection on which no byte moves for so long is given up. */
  idleMs: number;
  /** For the answer to completing an upload: stores put the parts together then. */
  completeMs: number;
}

export const PATIENCE: Patience = { attempts: 6, connectMs: 10_000, idleMs: 60_000, completeMs: 15 * 60_000 };

/** A prefix of a bucket and the way to reach it. */
export interface Place {
  client: S3Client;
  /** Without a limit on silence: for answers that take long and bodies that are read slowly. Callers give a `requestTimeout`. */
  patient: S3Client;
  bucket: string;
  lock: ObjectStoreRef['lock'];
  patience: Patience;
  /** Full key of a relative one. Throws `Unsupported` for a key that would leave the prefix. */
  full(key: string): string;
  /** Prefix of everything in a folder; `''` for the whole place. Ends with a slash, so that `db` never means `db2`. */
  below(folder: string): string;
  relative(fullKey: string): string;
  reference(key: string): string;
  /** Runs a request, with its errors classified. */
  ask<T>(what: string, request: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  error(error: unknown, what: string, signal?: AbortSignal): Error;
}

/** Signed payloads need the SHA-256 of the body, which we have computed already: the SDK would do it a second time. */
function reusePartHash(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { input, request } = args as {
        input: Record<string, unknown>;
        request?: { headers?: Record<string, string> };
      };
      const sum = input['ChecksumSHA256'];
      if (context['commandName'] !== 'CompleteMultipartUploadCommand' && typeof sum === 'string' && request?.headers) {
        request.headers['x-amz-content-sha256'] = Buffer.from(sum, 'base64').toString('hex');
      }
      return next(args);
    },
    { step: 'build', name: 'reusePartHash' },
  );
}

/** Credentials by reference, resolved anew every few minutes, so that a long upload survives their rotation. */
async function credentialsOf(ref: ObjectStoreRef, secrets: SecretResolver): Promise<Partial<S3ClientConfig>> {
  const { accessKeyId: id, secretAccessKey: secret } = ref;
  if (id === undefined && secret === undefined) return {};
  if (id === undefined || secret === undefined) {
    throw backupError('Unsupported', 'backups.store needs both accessKeyId and secretAccessKey, or neither.');
  }
  const resolve = async () => ({
    accessKeyId: await secrets.resolve(id),
    secretAccessKey: await secrets.resolve(secret),
    expiration: new Date(Date.now() + 15 * 60_000),
  });
  // A reference that leads nowhere is found now, not in the middle of a backup.
  await resolve();
  return { credentials: resolve };
}

/** Prepares access to a place; no request is sent yet. Throws `SecretUnresolved`. */
export async function openPlace(ref: ObjectStoreRef, secrets: SecretResolver, patience: Patience): Promise<Place> {
  const config: S3ClientConfig = {
    region: ref.region,
    forcePathStyle: ref.pathStyle,
    maxAttempts: patience.attempts,
    retryMode: 'adaptive',
    // Checksums are given with every upload and compared with what the store says; a default one would only cost time.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With the header the SDK opens a new connection for every part.
    ...{ expectContinueHeader: false },
    ...(ref.endpoint === undefined ? {} : { endpoint: ref.endpoint }),
    ...(await credentialsOf(ref, secrets)),
  };
  const { connectMs: connectionTimeout, idleMs } = patience;
  const client = new S3Client({ ...config, requestHandler: { connectionTimeout, socketTimeout: idleMs } });
  const patient = new S3Client({
    ...config,
    requestHandler: { connectionTimeout, requestTimeout: idleMs, throwOnRequestTimeout: true, socketTimeout: 0 },
  });
  reusePartHash(client);

  const { bucket, prefix } = ref;
  const place = `s3://${bucket}/${prefix}${ref.endpoint === undefined ? '' : ` at ${new URL(ref.endpoint).host}`}`;
  const error = (thrown: unknown, what: string, signal?: AbortSignal): Error =>
    storeError(thrown, { what, place, bucket }, signal);
  const full = (key: string): string => {
    if (key === '' || key.split('/').some((part) => part === '' || part === '.' || part === '..')) {
      throw backupError('Unsupported', `"${key}" is no key below ${place}; give names separated by single slashes.`);
    }
    return `${prefix}/${key}`;
  };
  return {
    client,
    patient,
    bucket,
    lock: ref.lock,
    patience,
    full,
    below: (folder) => `${folder === '' ? prefix : full(folder.replace(/\/$/, ''))}/`,
    relative: (fullKey) => fullKey.slice(prefix.length + 1),
    reference: (key) => `s3://${bucket}/${full(key)}`,
    error,
    async ask(what, request, signal) {
      try {
        return await request();
      } catch (thrown) {
        throw error(thrown, what, signal);
      }
    },
  };
}
