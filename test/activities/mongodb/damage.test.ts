import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { compareContents } from '../../../activities/backup/compare.js';
import type { Contents, Files } from '../../../activities/backup/engine.js';
import { ARCHIVE } from '../../../activities/mongodb/capture.js';
import { mongodbEngine as engine } from '../../../activities/mongodb/index.js';
import type { SourceOf } from '../../../systems/backupSchema.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { backedUp, contextOf, processes, save, seeded, sourceOf, world, type World } from './support.js';

let where: World;
let source: SourceOf<'mongodb'>;
let files: Files;
let contents: Contents;
beforeAll(async () => {
  where = await world();
  source = sourceOf(where, await seeded(where, 300));
  ({ files, contents } = await backedUp(source, await contextOf()));
}, SANDBOX_MS);
afterAll(() => where.client.close());

const original = () => readFile(files.paths[ARCHIVE] ?? '');

async function damaged(change: (bytes: Buffer) => Buffer): Promise<Files> {
  const { scratch } = await contextOf();
  const path = join(scratch, ARCHIVE);
  await writeFile(path, change(Buffer.from(await original())));
  return { dir: scratch, paths: { [ARCHIVE]: path } };
}

const flipped = (bytes: Buffer, at: number): Buffer => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
  return bytes;
};

describe('damage is found by reading through (L3)', () => {
  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['cut at half', (bytes) => bytes.subarray(0, bytes.length / 2), 'ends'],
    ['cut by one byte', (bytes) => bytes.subarray(0, -1), 'ends'],
    ['empty', () => Buffer.alloc(0), 'does not begin as'],
    ['another file', () => Buffer.from('-- PostgreSQL database dump'), 'does not begin as'],
    ['one bit of a document', (bytes) => flipped(bytes, bytes.indexOf('order 7 ') + 2), 'another checksum'],
    ['one bit of a length', (bytes) => flipped(bytes, bytes.indexOf('order 7 ') - 2), ''],
    ['zeros at the end', (bytes) => Buffer.concat([bytes, Buffer.alloc(64)]), 'there is no document'],
  ])('%s', async (_, change, said) => {
    const problems = await engine.readThrough(source, await damaged(change), await contextOf());
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(said);
  });

  test('a whole collection cut away at the border of a block', async () => {
    const bytes = await original();
    // The last block is the one that ends a collection: its header, and the terminator.
    const last = bytes.lastIndexOf('EOF') - 1;
    const start = bytes.lastIndexOf(Buffer.from([0xff, 0xff, 0xff, 0xff]), last) + 4;
    const problems = await engine.readThrough(
      source,
      await damaged((all) => all.subarray(0, start)),
      await contextOf(),
    );
    expect(problems).toEqual([expect.stringMatching(/it ends before the end of/)]);
  });
});

describe('damage is found by restoring and comparing (L4 to L6)', () => {
  test('an archive that is cut does not restore', async () => {
    const cut = await damaged((bytes) => bytes.subarray(0, bytes.length - 400));
    await expect(engine.rehearse(source, cut, await contextOf())).rejects.toMatchObject({ type: 'RestoreError' });
    const none = await damaged((bytes) => bytes.subarray(0, 2));
    await expect(engine.rehearse(source, none, await contextOf())).rejects.toMatchObject({ type: 'RestoreError' });
    await expect(engine.rehearse(source, { dir: '/', paths: {} }, await contextOf())).rejects.toMatchObject({
      type: 'Damaged',
    });
  }, 60_000);

  test('another backup in its place differs in counts, and with equal counts in content', async () => {
    const other = await seeded(where, 301);
    const more = await backedUp(sourceOf(where, other), await contextOf());
    const changed = await seeded(where, 300);
    await changed.collection('orders').updateOne({ n: 7 }, { $set: { half: 99 } });
    const same = await backedUp(sourceOf(where, changed), await contextOf());
    expect(compareContents(contents, more.contents, true)).toEqual([
      'orders: 301 rows instead of 300',
      'people: same number of rows (2), other content',
    ]);
    const rehearsal = await engine.rehearse(source, same.files, await contextOf());
    const restored = await rehearsal.contents(true);
    await rehearsal.close();
    expect(compareContents(contents, restored, false)).toEqual([]);
    expect(compareContents(contents, restored, true)).toEqual([
      'orders: same number of rows (300), other content',
      'people: same number of rows (2), other content',
    ]);
    await changed.collection('orders').dropIndex('text_n');
    const bare = await backedUp(sourceOf(where, changed), await contextOf());
    expect(compareContents(same.contents, bare.contents, true)).toEqual([
      expect.stringContaining('index orders.text_n: missing'),
    ]);
  }, 60_000);
});

describe('a server that does not do as it should', () => {
  test('unreachable, unknown database, cancelled', async () => {
    const nobody = { ...source, port: 1 };
    await expect(engine.inspect(nobody, await contextOf())).rejects.toMatchObject({
      type: 'Unreachable',
      nonRetryable: false,
      message: expect.stringContaining('127.0.0.1:1'),
    });
    const typo = { ...source, database: 'no_such_database' };
    await expect(engine.inspect(typo, await contextOf())).rejects.toMatchObject({ type: 'NotFound' });
    const stop = new AbortController();
    const capture = await engine.capture(source, await contextOf({ signal: stop.signal }));
    const waiting = capture.contents(false);
    stop.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    await capture.close();
  }, 60_000);

  test('a wrong password is told without the password, which stands in no argument', async () => {
    const secret = { ...source, user: 'ada', password: 'env:MONGO_PASSWORD' };
    const context = await contextOf();
    const failure: unknown = await engine.inspect(secret, context).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'WrongPassword', nonRetryable: true });
    expect(String(failure)).not.toContain('a-wrong-password');
  }, 60_000);

  test('mongodump that is cut off ends with an error, not with a shorter archive', async () => {
    const broken = await brokenServer();
    const { port } = broken.address() as AddressInfo;
    const capture = await engine.capture(source, await contextOf());
    const context = await contextOf();
    const [payload] = capture.payloads;
    if (!payload || !('commands' in payload.from)) throw new Error('commands are expected');
    const commands = payload.from.commands.map((one) => ({
      ...one,
      args: one.args.map((arg) => (arg.startsWith('--port=') ? `--port=${port}` : arg)),
    }));
    await expect(save({ ...capture, payloads: [{ ...payload, from: { commands } }] }, context)).rejects.toMatchObject({
      type: 'ProducerFailed',
    });
    await capture.close();
    broken.close();
    expect(await processes()).not.toContain('a-wrong-password');
  }, 90_000);

  test('a missing program is named with the cure', async () => {
    const before = process.env['BELAY_PROGRAMS'];
    process.env['BELAY_PROGRAMS'] = '/nonexistent';
    try {
      await expect(engine.inspect(source, await contextOf())).rejects.toMatchObject({ type: 'MissingProgram' });
      await expect(engine.rehearse(source, files, await contextOf())).rejects.toMatchObject({
        type: 'MissingProgram',
        message: expect.stringContaining('mongod'),
      });
    } finally {
      process.env['BELAY_PROGRAMS'] = before;
    }
  });
});

/** Takes connections and hangs up. */
async function brokenServer(): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

test('a file that lost its end while it lay on the disk', async () => {
  const { paths, dir } = await damaged((bytes) => bytes);
  await truncate(paths[ARCHIVE] ?? '', 100);
  expect(await engine.readThrough(source, { dir, paths }, await contextOf())).toHaveLength(1);
});
