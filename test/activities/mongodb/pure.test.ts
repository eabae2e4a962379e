import { describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { parse } from 'yaml';
import { backupError } from '../../../activities/backup/errors.js';
import type { ContentItem } from '../../../activities/backup/engine.js';
import { indexText, isKept } from '../../../activities/mongodb/catalogue.js';
import { Crc64 } from '../../../activities/mongodb/crc64.js';
import { mongoFailure, toolFailure } from '../../../activities/mongodb/errors.js';
import { refuseRouter } from '../../../activities/mongodb/inspect.js';
import { nameProblem } from '../../../activities/mongodb/restore.js';
import { placeOf, toolLogin, type Login } from '../../../activities/mongodb/login.js';
import { isOlder } from '../../../activities/mongodb/server.js';
import { answerOf, parseQuery } from '../../../activities/mongodb/smoke.js';
import { contentsBetween, rangeOf, type Look, type Looks } from '../../../activities/mongodb/window.js';

const looks = (orders: Look, facts: Record<string, string> = {}): Looks => ({
  catalogue: { collections: ['orders'], facts },
  at: new Map([['orders', orders]]),
});
const hashed = (item: Omit<ContentItem, 'name'>) => new Map([['orders', { name: 'orders', ...item }]]);
const still = { rows: 10, hash: 'h', bytes: 90 };

describe('contents of a dump between two looks', () => {
  test.each<[string, Look, Look, ReturnType<typeof hashed>, object]>([
    ['counted writes, none', { rows: 10, writes: 5 }, { rows: 10, writes: 5 }, hashed(still), still],
    ['counted writes, one', { rows: 10, writes: 5 }, { rows: 10, writes: 6 }, hashed(still), { rows: 0, maxRows: 110 }],
    [
      'a count that came back',
      { rows: 10, writes: 5 },
      { rows: 10, writes: 5 },
      hashed({ ...still, rows: 11 }),
      { rows: 0, maxRows: 110 },
    ],
    ['no counter, equal hashes', { ...still }, { ...still }, new Map(), still],
    ['no counter, other hash', { ...still }, { ...still, hash: 'i' }, new Map(), { rows: 0, maxRows: 110 }],
    ['no counter, other count', { ...still }, { rows: 12, hash: 'i' }, new Map(), { rows: 0, maxRows: 112 }],
    [
      'counter reset by a restart',
      { rows: 10, writes: 500 },
      { rows: 10, writes: 3 },
      hashed(still),
      { rows: 0, maxRows: 110 },
    ],
  ])('%s', (_, before, after, hashes, expected) => {
    const excluded: { name: string; why: string }[] = [];
    const { items } = contentsBetween(looks(before), looks(after), hashes, excluded);
    expect(items).toEqual([{ name: 'orders', ...expected }]);
    expect(excluded).toHaveLength('maxRows' in expected ? 1 : 0);
  });

  test('an index or a collection that came meanwhile makes the dump worthless', () => {
    const after = looks(still, { 'index orders.n': '{}' });
    expect(() => contentsBetween(looks(still), after, new Map(), [])).toThrow(/index orders\.n changed while/);
    const more: Looks = { catalogue: { collections: ['orders', 'new'], facts: {} }, at: looks(still).at };
    expect(() => contentsBetween(looks(still), more, new Map(), [])).toThrow(/Collection new changed while/);
  });

  test('the range leaves room for what comes and goes, and still shows loss', () => {
    expect(rangeOf(1_000_000, 1_000_100)).toEqual({ rows: 949_995, maxRows: 1_050_105 });
    expect(rangeOf(0, 0)).toEqual({ rows: 0, maxRows: 100 });
  });
});

test.each([
  ['123456789', -7395533204333446662n],
  ['', 0n],
])('CRC-64 of %j is that of Go', (text, value) => {
  const crc = new Crc64();
  crc.add(Buffer.from(text.slice(0, 4)));
  crc.add(Buffer.from(text.slice(4)));
  expect(crc.value()).toBe(value);
});

describe('errors name cause and cure', () => {
  const server = (code: number, message = 'no') => new MongoServerError({ message, code, errmsg: message });
  const wrapped = new MongoServerSelectionError('Authentication failed.', { error: null } as never);
  test.each<[string, unknown, string | undefined]>([
    ['wrong password', server(18, 'Authentication failed.'), 'WrongPassword'],
    ['wrong password while connecting', wrapped, 'WrongPassword'],
    ['missing role', server(13, 'not authorized'), 'Forbidden'],
    ['no such collection', server(26), 'NotFound'],
    ['full disk', server(14_031), 'DiskFull'],
    ['another primary', server(10_107, 'not primary'), 'Unreachable'],
    ['cut connection', new MongoNetworkError('socket closed'), 'Unreachable'],
    ['any other', server(2), 'ProducerFailed'],
    ['a typed one', backupError('NotOurs', 'as it is'), 'NotOurs'],
    ['no error of the driver', new Error('something else'), undefined],
  ])('%s', (_, error, type) => {
    const failure = mongoFailure(error, 'db:1/shop');
    expect(failure instanceof ApplicationFailure ? failure.type : undefined).toBe(type);
  });

  test.each([
    ['error connecting to host: could not connect to server: server selection error', 'Unreachable'],
    [
      'unable to authenticate using mechanism "SCRAM-SHA-1": (AuthenticationFailed) Authentication failed.',
      'WrongPassword',
    ],
    ['(Unauthorized) not authorized on shop to execute command', 'Forbidden'],
    ['write /data: no space left on device', 'DiskFull'],
    ['Failed: shop.orders: E11000 duplicate key error', 'RestoreError'],
  ])('of a tool: %s', (stderr, type) => {
    const end = { file: '/bin/mongorestore', code: 1, signal: null, stderr };
    expect(toolFailure(backupError('ProducerFailed', 'it failed', [end]), 'db:1/shop', 'RestoreError')).toMatchObject({
      type,
    });
  });

  test('a router is refused with the cure', () => {
    expect(() => refuseRouter({ msg: 'isdbgrid' }, 'db:1/shop')).toThrow(/mongos.*each shard/s);
    expect(() => refuseRouter({ setName: 'rs0' }, 'db:1/shop')).not.toThrow();
  });
});

test.each([
  ['orders', true],
  ['system.js', true],
  ['system.views', false],
  ['system.buckets.weather', false],
  ['belay_tag', false],
])('whether %s is part of a backup', (name, kept) => expect(isKept(name)).toBe(kept));

test('an index is equal whatever the order of its options, but not of its keys', () => {
  const a = indexText({ v: 2, key: { a: 1, b: 1 }, name: 'n', unique: true });
  expect(indexText({ unique: true, name: 'n', key: { a: 1, b: 1 }, v: 1, ns: 'x.y' })).toBe(a);
  expect(indexText({ v: 2, key: { b: 1, a: 1 }, name: 'n', unique: true })).not.toBe(a);
});

test.each([
  ['6.0.1', '7.0.0', true],
  ['7.0.0', '6.0.9', false],
  ['7.0.1', '7.0.42', false],
  ['7.0.0', '7.1.0', true],
])('mongod %s for data of %s is too old: %s', (own, wanted, older) => expect(isOlder(own, wanted)).toBe(older));

test.each<[string, RegExp]>([
  ['shop', /is the live database/],
  ['admin', /cannot be the name/],
  ['a/b', /cannot be the name/],
  ['x'.repeat(64), /cannot be the name/],
  ['shop_restored', /^none$/],
])('restore to %s', (into, problem) => {
  expect(nameProblem({ database: 'shop' }, into) ?? 'none').toMatch(problem);
});

describe('smoke queries', () => {
  test('only read', () => {
    expect(parseQuery('{"aggregate":"o","pipeline":[]}')).toEqual({ aggregate: 'o', pipeline: [], cursor: {} });
    expect(() => parseQuery('{"drop":"o"}')).toThrow(/must be a command/);
    expect(() => parseQuery('{"aggregate":"o","pipeline":[{"$out":"p"}]}')).toThrow(/must not write/);
    expect(() => parseQuery('{}')).toThrow(/must be a command/);
  });
  test.each([
    [{ n: 4, ok: 1 }, 4],
    [{ values: ['a', 'b'], ok: 1 }, 2],
    [{ cursor: { firstBatch: [{ _id: null, sum: 9 }] }, ok: 1 }, 9],
    [{ cursor: { firstBatch: [] }, ok: 1 }, undefined],
  ])('answer of %j', (answer, value) => expect(answerOf(answer)).toBe(value));
});

describe('the login of the tools', () => {
  const login: Login = {
    at: { host: 'db.example.com', port: 27_017 },
    user: 'ada',
    password: 'quo"te: and # more',
    authSource: 'admin',
    replicaSet: 'rs0',
    tls: true,
  };

  test('has its password in a file that only we may read, and nowhere else', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'bm-login-'));
    const { args } = await toolLogin(login, scratch);
    expect(args.slice(0, 5)).toEqual([
      '--host=rs0/db.example.com',
      '--port=27017',
      '--ssl',
      '--username=ada',
      '--authenticationDatabase=admin',
    ]);
    const file = args[5]?.replace('--config=', '') ?? '';
    expect(parse(await readFile(file, 'utf8'))).toEqual({ password: login.password });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect([...args, placeOf(login, 'shop')].join(' ')).not.toContain('quo');
  });

  test('names a socket from its own folder', async () => {
    const { args, cwd } = await toolLogin(
      { at: { socket: '/Tmp/X/m.sock' }, authSource: 'admin', tls: false },
      '/none',
    );
    expect({ args, cwd }).toEqual({ args: ['--uri=mongodb://m.sock/'], cwd: '/Tmp/X' });
  });
});
