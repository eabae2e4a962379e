import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createEvidenceActivities, type EvidenceStore } from '../../../activities/evidence/index.js';
import { createS3Store } from '../../../activities/evidence/s3.js';
import { stopPid } from '../../../sandbox/kit/process.js';
import { startObjectStore, type ObjectStore } from '../../../sandbox/objectstore.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { storeTests } from './storeTests.js';

const Bucket = 'evidence';
let dir = '';
let pid: number | undefined;
let client: S3Client;
let store: EvidenceStore;

const connect = ({ endpoint, region, ...credentials }: ObjectStore): S3Client =>
  new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });

let server: ObjectStore;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'belay-s3-'));
  const started = await startObjectStore({ dir, progress: (line) => process.stderr.write(`${line}\n`) });
  pid = started.pids['objectstore'];
  server = started.objectstore;
  client = connect(server);
  await client.send(new CreateBucketCommand({ Bucket }));
  store = createS3Store({ client, bucket: Bucket, prefix: '/reports/' });
}, SANDBOX_MS);
afterAll(async () => {
  client?.destroy();
  if (pid !== undefined) await stopPid(pid, 2_000);
  await rm(dir, { recursive: true, force: true });
});

describe('S3 store, on a real S3 server', () => {
  storeTests(() => store, 's3');

  const report = { runbook: 'r', workflowId: 'w', runId: 'i', json: '{}', markdown: '' };

  test('lists more than one page', async () => {
    const many = createS3Store({ client, bucket: Bucket, prefix: 'many' });
    for (let i = 0; i < 1_005; i += 15) {
      await Promise.all(Array.from({ length: 15 }, (_, j) => many.create(`r/${i + j}`, 'x', 'text/plain')));
    }
    expect(await many.list('', 5_000)).toHaveLength(1_005);
  });

  test('a missing bucket or a wrong key is told, without the key, and tried again', async () => {
    const wrong = connect({ ...server, secretAccessKey: 'wrong-secret-access-key' });
    for (const broken of [
      createS3Store({ client, bucket: 'absent' }),
      createS3Store({ client: wrong, bucket: Bucket }),
    ]) {
      const { saveReport } = createEvidenceActivities({ store: broken });
      const failure = (await saveReport(report).catch((error: unknown) => error)) as Error;
      expect(failure).toMatchObject({ type: 'EvidenceUnavailable', nonRetryable: false });
      expect(failure.message).not.toContain('wrong-secret-access-key');
    }
    wrong.destroy();
  });
});
