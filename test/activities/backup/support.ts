import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createBackupActivities, type EngineSource } from '../../../activities/backup/index.js';
import type { ExternalEngine } from '../../../activities/backup/engine.js';
import type { BackupActivities, BackupTarget } from '../../../activities/backup/types.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import { backupsSchema } from '../../../systems/backupSchema.js';
import { programFolders } from '../../../sandbox/programFolders.js';
import { sandbox } from '../../setup/sandbox.js';
import { textEngine, type Log, type Play } from './engine.js';

export const run = { workflowId: 'wf', runId: 'run', runbook: 'backup', requestedBy: 'tester', reason: 'test' };

export interface Site {
  client: S3Client;
  dir: string;
  scratch: string;
  bucket: string;
  target: BackupTarget;
  activities: BackupActivities;
  /** Set before an activity is called. */
  play: Play;
  log: Log;
  env: Record<string, string>;
  source: string;
  /** Runs an activity as the given attempt of run `r1`. */
  call<Name extends keyof BackupActivities>(
    name: Name,
    input: Parameters<BackupActivities[Name]>[0],
    info?: Partial<Info>,
  ): Promise<Awaited<ReturnType<BackupActivities[Name]>>>;
  environment(info?: Partial<Info>): MockActivityEnvironment;
  /** Keys in the bucket, without its prefix. */
  keys(): Promise<string[]>;
  /** Open uploads. */
  uploads(): Promise<string[]>;
  close(): Promise<void>;
}

/** Id of a backup of now. */
export const newId = (at = Date.now()): string =>
  `${new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;

/** Text that does not compress to nothing. */
export const textOf = (lines: number): string =>
  `${Array.from({ length: lines }, (_, i) => `${i} ${randomBytes(48).toString('hex')}`).join('\n')}\n`;

/** A bucket of its own on the sandbox's store, a text file as source, and the activities on them. */
export async function openSite(
  options: { locked?: boolean; policy?: object; engine?: ExternalEngine<'rds'> } = {},
): Promise<Site> {
  const state = await sandbox('objectstore');
  process.env['BELAY_PROGRAMS'] = programFolders(state);
  if (!state.objectstore) throw new Error('no object store');
  const { accessKeyId, secretAccessKey, endpoint, region } = state.objectstore;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const bucket = `core-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: options.locked ?? false }));
  const dir = await mkdtemp(path.join(tmpdir(), 'belay-core-'));
  const source = path.join(dir, 'data.txt');
  await writeFile(source, textOf(2_000));
  const store = {
    ...{ bucket, prefix: 'belay', endpoint, region, pathStyle: true },
    ...{ accessKeyId: 'env:KEY_ID', secretAccessKey: 'env:KEY_SECRET' },
  };
  const described = backupsSchema.parse({
    store,
    verify: 'L6',
    ...options.policy,
    sources: [{ type: 'folder', name: 'text', host: 'here', path: source }],
  });
  const { sources, restore: _restore, ...policy } = described;
  const [first] = sources;
  if (!first) throw new Error('no source');
  const env: Record<string, string> = { KEY_ID: accessKeyId, KEY_SECRET: secretAccessKey };
  const site = { play: {} as Play, log: [] as Log };
  const scratch = path.join(dir, 'scratch');
  // Read anew each time, so that a test can change the play on its way.
  const engines = (async () => options.engine ?? textEngine(site.play, site.log)) as unknown as EngineSource;
  const secrets = createSecretResolver({ env, readFile: () => Promise.reject(new Error('no files')) });
  const kubernetes = () => Promise.reject(new Error('no cluster'));
  const activities = createBackupActivities({
    secrets,
    engines,
    kubernetes,
    scratchRoot: scratch,
    hostQueue: 'q-host-here',
  });
  const environment = (info: Partial<Info> = {}): MockActivityEnvironment =>
    new MockActivityEnvironment(
      { heartbeatTimeoutMs: 3_000, workflowExecution: { workflowId: 'wf', runId: 'r1' }, ...info },
      // Expected failures are not news.
      { logger: new DefaultLogger('ERROR') },
    );
  const call: Site['call'] = (name, input, info) => {
    const activity = activities[name] as (given: typeof input) => Promise<never>;
    return environment(info).run(activity, input);
  };
  return Object.assign(site, {
    call,
    ...{ client, dir, scratch, bucket, activities, env, source, environment },
    target: { system: 'demo', source: first, policy },
    async keys() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key = '' }) => Key.replace('belay/', ''));
    },
    async uploads() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return Uploads.map(({ Key = '' }) => Key);
    },
    async close() {
      client.destroy();
      await rm(dir, { recursive: true, force: true });
    },
  });
}

/** Takes, reads back and publishes. */
export async function publish(site: Site, backupId = newId()) {
  const { target } = site;
  const draft = await site.call('takeBackup', { target, backupId, run });
  await site.call('readBack', { target, draft });
  const entry = await site.call('publishBackup', { target, draft, run });
  return { backupId, draft, entry };
}

/** Versions and delete marks of a bucket. */
export async function versions(site: Site): Promise<string[]> {
  const { Versions = [] } = await site.client.send(new ListObjectVersionsCommand({ Bucket: site.bucket }));
  return Versions.map(({ Key = '' }) => Key.replace('belay/', ''));
}
