import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { BeatDetails } from '../../../activities/backup/beat.js';
import type { BackupTarget } from '../../../activities/backup/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newId, openSite, publish, run, textOf, type Site } from './support.js';

let site: Site;
beforeAll(async () => {
  site = await openSite();
}, SANDBOX_MS);
afterAll(() => site?.close());
beforeEach(() => {
  site.play = {};
  site.log.length = 0;
});

const below = async (backupId: string): Promise<string[]> =>
  (await site.keys()).filter((key) => key.includes(backupId));

/** Nothing stored, no upload open, the capture closed, no scratch file, nothing published. */
async function expectNothingLeft(backupId: string): Promise<void> {
  expect(await below(backupId)).toEqual([]);
  expect(await site.uploads()).toEqual([]);
  expect(site.log).toContain('close');
  expect(await readdir(path.join(site.scratch, 't'))).toEqual([]);
}

const shell = (script: string) => ({ file: 'sh', args: ['-c', script] });
const changed = (changes: Partial<BackupTarget['policy']>): BackupTarget => ({
  ...site.target,
  policy: { ...site.target.policy, ...changes },
});
const take = (backupId: string, target = site.target, extra: { lastBytes?: number } = {}) =>
  site.call('takeBackup', { target, backupId, run, ...extra });

/** Programs of this test that still run, by a word in their command line. */
async function running(word: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(word) && !line.includes('ps -eo'));
}

describe('a producer that fails', () => {
  test.each([
    [
      'before the first byte',
      (file: string) => [shell(`echo cannot connect >&2; exit 1; cat ${file}`)],
      'exited with 1',
    ],
    ['in the middle', (file: string) => [shell(`head -c 20000 ${file}; exit 3`)], 'exited with 3'],
    ['killed in the middle', (file: string) => [shell(`head -c 20000 ${file}; kill -9 $$`)], 'SIGKILL'],
    [
      'in the middle of a pipe',
      (file: string) => [{ file: 'cat', args: [file] }, shell('head -c 100 > /dev/null; exit 5')],
      'exited with 5',
    ],
    ['after six parts', () => [shell('head -c 35000000 /dev/urandom; exit 7')], 'exited with 7'],
  ])('%s: nothing is left', async (_when, commands, why) => {
    const backupId = newId();
    site.play = { commands };
    const failure = take(backupId, changed({ partMiB: 5 }));
    await expect(failure).rejects.toMatchObject({ type: 'ProducerFailed', nonRetryable: false });
    await expect(failure).rejects.toThrow(why);
    await expectNothingLeft(backupId);
  });

  test('contents that cannot be taken end the payload, and the other way round', async () => {
    const backupId = newId();
    site.play = {
      commands: () => [shell('while :; do echo belay-endless-1; sleep 0.05; done')],
      contents: () => Promise.reject(new Error('the table is gone')),
    };
    await expect(take(backupId)).rejects.toThrow('the table is gone');
    await expectNothingLeft(backupId);
    expect(await running('belay-endless-1')).toEqual([]);
    let aborted = false;
    site.play = {
      commands: () => [shell('exit 9')],
      contents: (contents, _hashes, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(contents);
          }),
        ),
    };
    await expect(take(backupId)).rejects.toThrow('exited with 9');
    expect(aborted).toBe(true);
  });
});

describe('L1', () => {
  test('too small, much smaller than the last one, small enough', async () => {
    const backupId = newId();
    const bytes = (await take(backupId)).objects[0]?.bytes ?? 0;
    for (const [target, lastBytes] of [
      [changed({ minBytes: bytes + 1 }), undefined],
      [site.target, bytes * 2 + 10],
    ] as const) {
      await expect(take(backupId, target, lastBytes === undefined ? {} : { lastBytes })).rejects.toMatchObject({
        type: 'TooSmall',
        nonRetryable: true,
      });
      await expectNothingLeft(backupId);
    }
    await expect(take(backupId, site.target, { lastBytes: bytes * 2 - 10 })).resolves.toMatchObject({ backupId });
    await site.call('discardBackup', { target: site.target, backupId });
  });
});

describe('attempts', () => {
  test('a repeat ends uploads and removes objects of what came before, of another run too', async () => {
    const backupId = newId();
    const at = { Bucket: site.bucket, Key: `belay/demo/text/${backupId}/a1-0123abcd/text.txt.zst` };
    await site.client.send(new CreateMultipartUploadCommand(at));
    await site.client.send(new PutObjectCommand({ ...at, Key: `${at.Key}.half`, Body: 'x' }));
    const first = await take(backupId);
    const second = await site.call('takeBackup', { target: site.target, backupId, run }, { attempt: 2 });
    expect(await site.uploads()).toEqual([]);
    expect((await below(backupId)).toSorted()).toEqual(second.objects.map(({ key }) => key).toSorted());
    expect(first.objects.map(({ key }) => key)).not.toEqual(second.objects.map(({ key }) => key));
    expect(second.attempt).toBe(2);
    await site.call('discardBackup', { target: site.target, backupId });
    expect(await below(backupId)).toEqual([]);
  });

  test('two at once: one manifest, and only its objects', async () => {
    const backupId = newId();
    const { target } = site;
    const attempts = await Promise.allSettled(
      [1, 2].map((attempt) => site.call('takeBackup', { target, backupId, run }, { attempt })),
    );
    const drafts = attempts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(drafts.length).toBeGreaterThan(0);
    const ends = await Promise.allSettled(drafts.map((draft) => site.call('publishBackup', { target, draft, run })));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { backups } = await site.call('listBackups', { target });
    expect(backups.map(({ id }) => id)).toEqual([backupId]);
    const result = await site.call('rehearseRestore', { target, backupId, level: 'L6', identity: 'verification', run });
    expect(result.passed).toBe(true);
    await site.call('deleteBackup', { target, backupId, reason: 'test' });
  });

  test('the loser of the manifest removes its own folder, and no other', async () => {
    const backupId = newId();
    const { target } = site;
    const [mine, other] = [await take(backupId), 'a2-0123abcd'];
    // The other attempt's objects are copies, as if both had been stored at the same time.
    const objects = mine.objects.map((object) => ({ ...object, key: object.key.replace(/a1-[0-9a-f]+/, other) }));
    const stage = await site.call('stageBackup', { target, backupId: newId(), run });
    for (const { key, name } of objects) {
      const Body = await readFile(path.join(stage.dir, `${name}.zst`));
      const object = objects.find((one) => one.key === key);
      if (object) object.bytes = Body.length;
      await site.client.send(new PutObjectCommand({ Bucket: site.bucket, Key: `belay/${key}`, Body }));
    }
    await site.call('discardStaged', { staged: stage });
    await site.call('publishBackup', { target, draft: mine, run });
    const loser = site.call('publishBackup', { target, draft: { ...mine, attempt: 2, objects }, run });
    await expect(loser).rejects.toMatchObject({ type: 'AlreadyPublished', nonRetryable: true });
    expect((await below(backupId)).filter((key) => key.includes(other))).toEqual([]);
    // A repeat of the winner's own publication is a success.
    await expect(site.call('publishBackup', { target, draft: mine, run }, { attempt: 2 })).resolves.toMatchObject({
      id: backupId,
    });
    await expect(take(backupId)).rejects.toMatchObject({ type: 'AlreadyPublished' });
    await expect(site.call('discardBackup', { target, backupId })).rejects.toMatchObject({ type: 'AlreadyPublished' });
    expect(await below(backupId)).toHaveLength(3);
    await site.call('deleteBackup', { target, backupId, reason: 'test' });
  });
});

describe('life', () => {
  test('heartbeats tell phase and bytes while they move', async () => {
    const beats: BeatDetails[] = [];
    site.play = {
      commands: () => [shell('for i in 1 2 3 4 5 6 7 8; do head -c 4000000 /dev/urandom; sleep 0.1; done')],
    };
    const environment = site.environment({ heartbeatTimeoutMs: 300 });
    environment.on('heartbeat', (details: BeatDetails) => beats.push(details));
    const backupId = newId();
    await environment.run(site.activities.takeBackup, { target: site.target, backupId, run });
    const moving = beats.filter(({ phase }) => phase === 'store text.txt').map(({ bytes }) => bytes);
    expect(moving.length).toBeGreaterThan(3);
    expect(moving).toEqual(moving.toSorted((a, b) => a - b));
    expect(moving.at(-1)).toBeGreaterThan(1_000_000);
    expect(beats[0]).toMatchObject({ source: 'text' });
    await site.call('discardBackup', { target: site.target, backupId });
  });

  test('a producer that hangs is ended within the stall time, and stops the heartbeat before', async () => {
    const beats: number[] = [];
    site.play = { commands: (file) => [shell(`cat ${file}; sleep 3600; echo belay-hang-1`)] };
    const environment = site.environment({ heartbeatTimeoutMs: 1_500 });
    environment.on('heartbeat', () => beats.push(Date.now()));
    const [backupId, start] = [newId(), Date.now()];
    const failure = environment.run(site.activities.takeBackup, {
      target: changed({ stallSeconds: 5 }),
      backupId,
      run,
    });
    await expect(failure).rejects.toMatchObject({ type: 'Stalled', nonRetryable: false });
    const took = Date.now() - start;
    expect(took).toBeGreaterThan(5_000);
    expect(took).toBeLessThan(14_000);
    expect((beats.at(-1) ?? 0) - start).toBeLessThan(8_000);
    await expectNothingLeft(backupId);
    expect(await running('belay-hang-1')).toEqual([]);
  }, 40_000);

  test('a slow producer is no stalled one', async () => {
    // Less than the compressor gives away in the stall time: only the work of the processes shows that they live.
    site.play = {
      commands: () => [shell('for i in 1 2 3 4 5 6 7 8 9; do head -c 600000 /dev/urandom; sleep 0.9; done')],
    };
    const backupId = newId();
    await site.call('takeBackup', { target: changed({ stallSeconds: 5 }), backupId, run });
    await site.call('discardBackup', { target: site.target, backupId });
  }, 40_000);

  test.each(['CANCELLED', 'WORKER_SHUTDOWN'] as const)(
    '%s ends the children and removes what was stored',
    async (why) => {
      const backupId = newId();
      site.play = {
        commands: () => [shell(`while :; do head -c 100000 /dev/urandom; sleep 0.02; done; echo belay-cancel-${why}`)],
      };
      const environment = site.environment();
      const taking = environment.run(site.activities.takeBackup, { target: changed({ partMiB: 5 }), backupId, run });
      const ended = taking.catch((error: unknown) => error);
      while ((await site.uploads()).length === 0) await sleep(100);
      environment.cancel(why);
      expect(await ended).toMatchObject({ name: 'CancelledFailure' });
      await expectNothingLeft(backupId);
      expect(await running(`belay-cancel-${why}`)).toEqual([]);
    },
    60_000,
  );
});

test('a store that cannot be reached is no empty one', async () => {
  const gone = changed({ store: { ...site.target.policy.store, endpoint: 'http://127.0.0.1:9' } });
  await expect(site.call('listBackups', { target: gone })).rejects.toMatchObject({ type: 'Unreachable' });
  const wrong = changed({ store: { ...site.target.policy.store, secretAccessKey: 'env:WRONG' } });
  site.env['WRONG'] = 'not-the-secret-access-key';
  const failure = site.call('listBackups', { target: wrong });
  await expect(failure).rejects.toMatchObject({ type: 'WrongPassword', nonRetryable: true });
  await expect(failure).rejects.not.toThrow('not-the-secret-access-key');
}, 90_000);

test('more text than fits one part is the same on its way back', async () => {
  await writeFile(site.source, textOf(180_000));
  const { backupId, draft } = await publish({ ...site, target: changed({ partMiB: 5 }) });
  expect(draft.objects[0]?.bytes).toBeGreaterThan(6 * 1024 * 1024);
  const result = await site.call('rehearseRestore', {
    target: site.target,
    backupId,
    level: 'L6',
    identity: 'verification',
    run,
  });
  expect(result).toMatchObject({ passed: true, reached: 'L6' });
});
