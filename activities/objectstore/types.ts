import type { Readable } from 'node:stream';

/** What a store answered to an upload. */
export interface Uploaded {
  key: string;
  versionId?: string;
  bytes: number;
  /** Hex, of all stored bytes. */
  sha256: string;
  storeChecksum?: string;
  partBytes: number;
  lockedUntil?: string;
}

export interface UploadOptions {
  key: string;
  /** Bytes of one part; all parts of an upload are equal (R2). */
  partBytes: number;
  /** Parts on the way at a time; default 4. */
  concurrency?: number;
  signal: AbortSignal;
  /** Called with the bytes that the store has confirmed so far. */
  progress?: (bytes: number) => void;
}

/** A prefix of a bucket. Keys are relative to it. Errors are ApplicationFailures with a type of `backupErrors`. */
export interface Bucket {
  /** `s3://bucket/prefix/key`, for people. */
  reference(key: string): string;
  /**
   * Multipart upload of a stream of unknown length. It is completed only after the body has ended without error; otherwise it
   * is aborted, until the store lists no part of it. Completing is create-only (`If-None-Match: *`).
   */
  upload(body: Readable, options: UploadOptions): Promise<Uploaded>;
  /** Uploads a file; goes on with an open upload of the same key and size, sending only what the store lacks. */
  uploadFile(file: string, sha256: string, options: UploadOptions): Promise<Uploaded & { sentBytes: number }>;
  /** Create-only small object. `exists` when the key is taken. `lock: false` leaves the object lock out, e.g. for a probe. */
  create(
    key: string,
    body: string | Uint8Array,
    contentType: string,
    options?: { lock?: boolean },
  ): Promise<'created' | 'exists'>;
  /** undefined when there is no such key. At most `maxBytes` (default 16 MiB). */
  read(key: string, maxBytes?: number): Promise<Buffer | undefined>;
  /** Bytes of an object; `versionId` for the very version that was written. */
  open(key: string, versionId?: string, signal?: AbortSignal): Promise<{ body: Readable; bytes: number }>;
  head(key: string): Promise<{ bytes: number; versionId?: string; modified: Date; lockedUntil?: string } | undefined>;
  /** All keys below, page by page. Throws when any page fails: an empty list means that the store said so. */
  list(below: string): Promise<{ key: string; bytes: number; modified: Date }[]>;
  /** Names directly below, as with folders. */
  listFolders(below: string): Promise<string[]>;
  /** Open uploads below, with the time at which each got its last part, or was begun. */
  openUploads(below: string): Promise<{ key: string; lastWriteAt: Date }[]>;
  /** Aborts every open upload below, and gives their keys. */
  abortUploads(below: string): Promise<string[]>;
  /**
   * Deletes every version of exactly these keys. What an object lock keeps is returned with its end; a delete marker alone is
   * no deletion.
   */
  remove(keys: readonly string[]): Promise<{ deleted: number; retained: { key: string; until: string }[] }>;
  /** Versioning, object lock, lifecycle and clock. */
  facts(): Promise<{
    versioning: boolean;
    objectLock: boolean;
    abortsStaleUploads: boolean | null;
    clockSkewMs: number;
  }>;
  close(): void;
}
