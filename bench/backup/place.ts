import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { openBucket, type Bucket } from '../../activities/objectstore/index.js';
import { createSecretResolver } from '../../activities/secrets/index.js';
import { sweepThrowaways } from '../../activities/throwaway/index.js';
import { programFolders } from '../../sandbox/programFolders.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { ObjectStoreRef } from '../../systems/backupSchema.js';
import { untilCalm } from '../kit/calm.js';
import { inSandbox } from '../kit/sandbox.js';

/** Below this prefix lies whatever any way stores. */
export const PREFIX = 'bench-backup';
const BUCKET = 'bench';
/** Longest wait for a calm moment before each step. */
const CALM_MS = 10_000;
/** Longest time of one measured call or program, besides what the size asks for. */
const BASE_MS = 10 * 60_000;
/** Ten times slower than any disk of today. */
const BYTES_PER_SECOND = 2e6;

/** Servers, folders and environments of the backup suite. */
export interface BackupPlace {
  postgres: NonNullable<SandboxState['postgres']>;
  store: ObjectStoreRef;
  bucket: Bucket;
  /** Folder for files of the benchmark, removed with the sandbox. */
  dir: string;
  /** For programs that are measured beside Belay: how to reach database and store. No secret of theirs is an argument. */
  toolEnv: Record<string, string>;
  /** For Belay's worker process. */
  workerEnv: Record<string, string>;
  /** Public keys of age. */
  recipients: [string, string];
  /** Longest time of one measured call or program. */
  limitMs: number;
  signal: AbortSignal;
  progress: (line: string) => void;
  /** Waits until the machine is idle, for a while at most. */
  calm(): Promise<void>;
  /** Bytes below a key prefix of the store. */
  stored(below: string): Promise<number>;
  /** Removes all that was stored. */
  empty(): Promise<void>;
}

/** Where Belay's worker process finds its secrets, as references of the description. */
export const secretNames = {
  password: 'BENCH_DB_PASSWORD',
  keyId: 'BENCH_S3_KEY_ID',
  key: 'BENCH_S3_KEY',
  identity: 'BENCH_AGE_IDENTITY',
} as const;

/** Runs `work` with PostgreSQL and an S3 server of the benchmark's own, and removes everything afterwards. */
export async function withBackupPlace<T>(
  options: { gb: number; progress: (line: string) => void },
  work: (place: BackupPlace) => Promise<T>,
): Promise<T> {
  const { gb, progress } = options;
  return inSandbox(['postgres', 'objectstore'], progress, async (state, signal) => {
    // Throwaway servers may run as another user: that one must be able to pass.
    const scratch = await mkdtemp(join(process.env['BELAY_SCRATCH'] ?? tmpdir(), 'belay-bench-'));
    await chmod(scratch, 0o711);
    const limitMs = BASE_MS + (gb * 1e9 * 1_000) / BYTES_PER_SECOND;
    const place = await prepare(state, { scratch, limitMs, signal, progress });
    try {
      return await work(place);
    } finally {
      place.bucket.close();
      // Of worker processes that were killed.
      await sweepThrowaways('postgres', 0, undefined, scratch).catch(() => []);
      await rm(scratch, { recursive: true, force: true });
    }
  });
}

async function prepare(
  state: SandboxState,
  given: { scratch: string } & Pick<BackupPlace, 'limitMs' | 'signal' | 'progress'>,
): Promise<BackupPlace> {
  const { postgres, objectstore } = state;
  if (!postgres || !objectstore) throw new Error('the sandbox lacks PostgreSQL or the object store');
  const { scratch, ...rest } = given;
  const dir = join(state.dir, 'backup-bench');
  await mkdir(dir, { recursive: true, mode: 0o711 });
  const identity = await generateIdentity();
  const recipients = [identity, await generateIdentity()].map((one) => identityToRecipient(one));
  const [first = '', second = ''] = await Promise.all(recipients);
  const secrets = {
    [secretNames.password]: postgres.password,
    [secretNames.keyId]: objectstore.accessKeyId,
    [secretNames.key]: objectstore.secretAccessKey,
    [secretNames.identity]: identity,
  };
  const store: ObjectStoreRef = {
    ...{ bucket: BUCKET, prefix: PREFIX, region: objectstore.region, endpoint: objectstore.endpoint, pathStyle: true },
    ...{ accessKeyId: `env:${secretNames.keyId}`, secretAccessKey: `env:${secretNames.key}` },
  };
  await createBucket(objectstore);
  const resolver = createSecretResolver({ env: secrets, readFile: () => Promise.reject(new Error('no files')) });
  const bucket = await openBucket(store, resolver);
  const folders = programFolders(state);
  const mine = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || /^(BELAY_|TEMPORAL_|PG|AWS_|RESTIC_|NODE_OPTIONS$)/.test(name)
      ? []
      : [[name, value] as const],
  );
  const base = { ...Object.fromEntries(mine), PATH: [folders, process.env['PATH']].join(delimiter) };
  return {
    ...rest,
    ...{ postgres, store, bucket, dir, recipients: [first, second] },
    toolEnv: { ...base, ...(await databaseEnv(dir, postgres)), ...storeEnv(objectstore) },
    workerEnv: { ...base, ...secrets, BELAY_PROGRAMS: folders, BELAY_SCRATCH: scratch, BELAY_SANDBOX: 'off' },
    calm: () => untilCalm(CALM_MS),
    async stored(below) {
      return (await bucket.list(below)).reduce((sum, { bytes }) => sum + bytes, 0);
    },
    async empty() {
      await bucket.abortUploads('');
      await bucket.remove((await bucket.list('')).map(({ key }) => key));
    },
  };
}

async function databaseEnv(dir: string, postgres: BackupPlace['postgres']): Promise<Record<string, string>> {
  const file = join(dir, 'pgpass');
  await writeFile(file, `*:*:*:*:${postgres.password}\n`, { mode: 0o600 });
  return { PGHOST: postgres.host, PGPORT: String(postgres.port), PGUSER: postgres.user, PGPASSFILE: file };
}

function storeEnv(store: NonNullable<SandboxState['objectstore']>): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: store.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
    AWS_DEFAULT_REGION: store.region,
    AWS_ENDPOINT_URL: store.endpoint,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

async function createBucket(store: NonNullable<SandboxState['objectstore']>): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = store;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  } finally {
    client.destroy();
  }
}
