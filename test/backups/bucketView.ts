import { randomBytes } from 'node:crypto';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBackupActivities } from '../../activities/backup/index.js';
import type { BackupActivities, BackupTarget } from '../../activities/backup/types.js';
import { openBucket } from '../../activities/objectstore/index.js';
import type { System } from '../../systems/schema.js';
import { systemSchema } from '../../systems/schema.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { Estate } from './estate.js';

const run = { workflowId: 'test', runId: 'test', runbook: 'backup', requestedBy: 'tester', reason: 'test' };

/** What a test sees of a source's bucket, and how it fills it without a workflow. */
export interface BucketView {
  target: BackupTarget;
  /** Runs an activity as a worker would. */
  call<Name extends keyof BackupActivities>(
    name: Name,
    input: Omit<Parameters<BackupActivities[Name]>[0], 'target' | 'run'>,
  ): Promise<Awaited<ReturnType<BackupActivities[Name]>>>;
  /** Publishes so many backups, each marked as verified; gives their ids, oldest first. */
  backUp(count: number): Promise<string[]>;
  /** Marks the oldest ones. */
  condemn(count: number): Promise<void>;
  /** The same after every run that did the same. */
  state(): Promise<unknown>;
  /** How often what was written. */
  effects(): Promise<unknown>;
  /** Keys in the bucket, with their sizes. */
  objects(): Promise<{ key: string; bytes: number }[]>;
  text(key: string): Promise<string>;
  close(): void;
}

/** The policy in force for one source of a description. */
export function targetIn(estate: Estate, system: string, source = 'database'): BackupTarget {
  const parsed: System = systemSchema.parse({ name: system, title: system, backups: estate.backups });
  const { sources = [], restore: _restore, ...policy } = parsed.backups ?? {};
  const found = sources.find((one) => one.name === source);
  if (!found) throw new Error(`the estate has no ${source}`);
  return { system, source: found, policy: policy as BackupTarget['policy'] };
}

const level = 'L5';

export async function createBucketView(
  state: SandboxState,
  estate: Estate,
  system: string,
  source = 'database',
): Promise<BucketView> {
  const { objectstore } = state;
  if (!objectstore) throw new Error('the sandbox has no store');
  const target = targetIn(estate, system, source);
  const activities = createBackupActivities({
    secrets: estate.secrets,
    kubernetes: () => Promise.reject(new Error('no cluster here')),
    scratchRoot: estate.folder,
  });
  const bucket = await openBucket(target.policy.store, estate.secrets);
  const client = new S3Client({
    endpoint: objectstore.endpoint,
    region: objectstore.region,
    forcePathStyle: true,
    credentials: objectstore,
  });
  const call: BucketView['call'] = <Name extends keyof BackupActivities>(name: Name, input: object) => {
    const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 15_000 });
    type Result = Awaited<ReturnType<BackupActivities[Name]>>;
    const activity = activities[name] as (given: object) => Promise<unknown>;
    const result: Promise<unknown> = environment.run(activity, { target, run, ...input });
    return result as Promise<Result>;
  };
  const mark = (backupId: string, kind: 'verified' | 'condemned', at: Date): Promise<void> =>
    call('recordBackupEvent', {
      backupId,
      event: { at: at.toISOString(), kind, level, detail: 'test', workflowId: 'test' },
    });
  const ids: string[] = [];
  const prefix = `${system}/${source}/`;
  return {
    target,
    call,
    async backUp(count) {
      for (let index = 0; index < count; index += 1) {
        const backupId = `20261121T00000${ids.length}Z-${randomBytes(4).toString('hex')}`;
        const draft = await call('takeBackup', { backupId });
        await call('publishBackup', { draft });
        await mark(backupId, 'verified', new Date());
        ids.push(backupId);
      }
      return ids;
    },
    async condemn(count) {
      for (const id of ids.slice(0, count)) await mark(id, 'condemned', new Date(Date.now() - 60_000));
    },
    async state() {
      const listing = await call('listBackups', {});
      const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket: estate.bucket }));
      return {
        backups: listing.backups.map(({ level: reached, bad, held }) => ({ level: reached, bad, held })),
        unreadable: listing.unreadable.length,
        unpublished: listing.unpublished.length,
        openUploads: uploads.Uploads?.length ?? 0,
      };
    },
    async effects() {
      const keys = (await bucket.list(prefix)).map(({ key }) => key);
      const events = keys.filter((key) => key.includes('/events/'));
      return {
        manifests: keys.filter((key) => key.endsWith('/manifest.json')).length,
        attempts: new Set(keys.flatMap((key) => /\/(a\d+-[^/]+)\//.exec(key)?.[1] ?? [])).size,
        events: events
          .map((key) => /-(verified|bad|condemned|reprieved|hold|release)-/.exec(key)?.[1] ?? key)
          .toSorted((a, b) => a.localeCompare(b)),
      };
    },
    objects: () => bucket.list(prefix),
    text: async (key) => (await bucket.read(key))?.toString('utf8') ?? '',
    close: () => {
      bucket.close();
      client.destroy();
    },
  };
}
