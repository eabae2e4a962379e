import { describe, expect, test } from '@jest/globals';
import { backupError } from '../../../activities/backup/errors.js';
import { patternOf } from '../../../activities/postgres/capture.js';
import { judge } from '../../../activities/postgres/errors.js';
import { sequenceFacts } from '../../../activities/postgres/facts.js';
import { settingClause, splitList } from '../../../activities/postgres/live/carryOver.js';
import { movesOfSwap, movesOfSwapBack, type Standing } from '../../../activities/postgres/live/exchange.js';
import { formatTag, mayDrop, parseTag, type Tag } from '../../../activities/postgres/live/tag.js';
import { restoreFailure } from '../../../activities/postgres/load.js';
import { applicationName, checkName } from '../../../activities/postgres/names.js';
import { whyNotDirect } from '../../../activities/postgres/pooler.js';
import { rolesOf } from '../../../activities/postgres/roles.js';
import { hasData } from '../../../activities/postgres/toc.js';
import { parseVersion, versionWarning } from '../../../activities/postgres/tools.js';

test.each([
  [{ code: '28P01', message: 'password authentication failed' }, 'WrongPassword'],
  [{ message: 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string' }, 'WrongPassword'],
  [{ code: '28000', message: 'no pg_hba.conf entry' }, 'Forbidden'],
  [{ code: '3D000', message: 'database "x" does not exist' }, 'NotFound'],
  [{ code: '42501', message: 'permission denied for table a' }, 'Forbidden'],
  [{ code: '53100', message: 'could not extend file' }, 'DiskFull'],
  [{ code: '53300', message: 'too many clients' }, 'Unreachable'],
  [{ code: '57P03', message: 'the database system is starting up' }, 'Unreachable'],
  [{ code: '57P01', message: 'terminating connection' }, 'Unreachable'],
  [{ code: '55P03', message: 'canceling statement due to lock timeout' }, 'Stalled'],
  [{ code: '22023', message: 'invalid snapshot identifier: "1"' }, 'SnapshotLost'],
  [{ code: '40001', message: 'canceling statement due to conflict with recovery' }, 'SnapshotLost'],
  [{ code: '55000', message: 'cannot export a snapshot' }, 'Unsupported'],
  [{ code: '55006', message: 'database is being accessed by other users' }, 'InUse'],
  [{ code: 'ECONNREFUSED', message: '' }, 'Unreachable'],
  [{ code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND db' }, 'Unreachable'],
  [{ code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed certificate' }, 'Forbidden'],
  [{ message: 'The server does not support SSL connections' }, 'Unsupported'],
  [{ message: 'timeout expired' }, 'Unreachable'],
  [{ message: 'Connection terminated unexpectedly' }, 'Unreachable'],
  [{ code: '08P01', message: 'transaction blocks not allowed in statement pooling mode' }, 'PoolerBetween'],
  [{ code: '42601', message: 'syntax error' }, undefined],
])('%j is %s', (error, type) => {
  expect(judge(error)?.type).toBe(type);
});

test.each([
  ['ERROR:  relation "a" already exists', null, 'RestoreError'],
  ['could not extend file "base/1/2": No space left on device', null, 'DiskFull'],
  ['server closed the connection unexpectedly', null, 'Unreachable'],
  ['', 'SIGKILL', 'Unreachable'],
])('pg_restore that says %j and ends by %s is %s', (stderr, signal, type) => {
  const end = { file: 'pg_restore', code: signal === null ? 1 : null, signal, stderr };
  expect(restoreFailure(backupError('ProducerFailed', 'pg_restore', [end]), 'a.dump')).toMatchObject({ type });
});

test('a stall of pg_restore stays one', () => {
  const stalled = backupError('Stalled', 'too long');
  expect(restoreFailure(stalled, 'a.dump')).toBe(stalled);
});

test.each([
  ['pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', [15, 18]],
  ['pg_dump (PostgreSQL) 18beta1', [18, 0]],
  ['dump 1.2', undefined],
])('the version in %j', (text, version) => {
  expect(parseVersion(text)).toEqual(version);
});

test.each([
  [15, 18, true],
  [15, 19, false],
  [18, 6, false],
  [13, 99, true],
  [19, 0, false],
])('version %i.%i is old: %s', (major, minor, old) => {
  expect(versionWarning('pg_dump', [major, minor]) !== undefined).toBe(old);
});

describe('two connections to one server', () => {
  const at = (pid: number, server = 's'): { pid: number; server: string } => ({ pid, server });
  test.each([
    ['direct', [at(1), at(1)], [at(2), at(2)], /^direct$/],
    ['a backend changes', [at(1), at(3)], [at(2)], /backends 1 and 3/],
    ['both share one', [at(1), at(1)], [at(1)], /share the backend 1/],
    ['another server', [at(1)], [at(2, 't')], /different servers/],
  ])('%s', (_name, first, second, why) => {
    expect(whyNotDirect(first, second) ?? 'direct').toMatch(why);
  });
});

test('roles of globals, plain and quoted', () => {
  const globals =
    'CREATE ROLE app;\nALTER ROLE app WITH LOGIN;\nCREATE ROLE "Odd ""one""";\n-- CREATE ROLE comment;\nCREATE ROLE a; DROP;\n';
  expect(rolesOf(globals)).toEqual(['app', 'Odd "one"']);
});

test('tables with rows in a list of contents', () => {
  const has = hasData(
    '12; 0 16385 TABLE DATA public orders owner\n13; 0 16386 TABLE DATA my schema odd table the owner\n14; 1259 1 TABLE public other owner\n',
  );
  expect(has({ schema: 'public', name: 'orders' })).toBe(true);
  expect(has({ schema: 'my schema', name: 'odd table' })).toBe(true);
  expect(has({ schema: 'public', name: 'other' })).toBe(false);
  expect(has({ schema: 'public', name: 'order' })).toBe(false);
});

describe('sequences of a copy', () => {
  const state = (next: string, rest: object = {}): Parameters<typeof sequenceFacts>[0][number] => ({
    name: 's',
    next,
    increment: '1',
    cycles: false,
    ...rest,
  });
  test.each([
    ['the same', state('5'), state('5'), true],
    ['ahead', state('5'), state('9'), true],
    ['behind', state('5'), state('4'), false],
    ['downwards, ahead', state('-5', { increment: '-1' }), state('-9', { increment: '-1' }), true],
    ['downwards, behind', state('-5', { increment: '-1' }), state('-4', { increment: '-1' }), false],
    ['it cycles', state('5', { cycles: true }), state('1', { cycles: true }), true],
    ['beyond numbers of JavaScript', state('9007199254740993'), state('9007199254740992'), false],
  ])('%s', (_name, source, copy, equal) => {
    expect(sequenceFacts([source], [copy])['sequence s'] === sequenceFacts([source])['sequence s']).toBe(equal);
  });
  test('missing and additional', () => {
    expect(sequenceFacts([state('1')], [])).toEqual({});
    expect(sequenceFacts([], [state('1')])).toEqual({ 'sequence s': 'not in the source' });
  });
});

test.each([
  ['public.orders', '"public"."orders"'],
  ['public.Odd*', '"public"."Odd*"'],
  ['a.b.c', '"a"."b.c"'],
])('the pattern of %s', (name, pattern) => {
  expect(patternOf(name)).toBe(pattern);
});

test.each([
  ['search_path="$user", public', `"search_path" TO '$user', 'public'`],
  ['search_path=""', `"search_path" TO ''`],
  [`search_path="a; DROP", 'b`, `"search_path" TO 'a; DROP', '''b'`],
  ['work_mem=8MB', `"work_mem" TO '8MB'`],
  [`shop.name=it's=me`, `"shop"."name" TO 'it''s=me'`],
])('the setting %s', (stored, clause) => {
  expect(settingClause(stored)).toBe(clause);
});

test('a list with a quote in it', () => {
  expect(splitList('"a""b", c')).toEqual(['a"b', 'c']);
});

test('names of sessions and databases', () => {
  const name = applicationName(`restore/${'ü'.repeat(80)}`);
  expect(name).toMatch(/^belay restore\/\?+ [0-9a-f]{6}$/);
  expect(name).toHaveLength(63);
  expect(() => checkName('x'.repeat(64))).toThrow(/1 to 63 bytes/);
  expect(() => checkName('ok')).not.toThrow();
});

describe('tags', () => {
  const tag: Tag = { workflowId: 'restore/shop one', runId: 'r1', kind: 'restored' };
  test.each([[tag], [{ ...tag, comment: 'two\nlines' }], [{ ...tag, kind: 'kept' as const, comment: '' }]])(
    '%j goes into a comment and back',
    (one) => {
      expect(parseTag(formatTag(one))).toEqual(one);
    },
  );
  test.each([[null], [''], ['belay: a'], ['the belay: a b restored'], ['belay: a b restored, said someone']])(
    '%j is none',
    (comment) => {
      expect(parseTag(comment)).toBeUndefined();
    },
  );
  test.each([
    [tag, { workflowId: 'restore/shop one', runId: 'r1' }, true],
    [tag, { workflowId: 'restore/shop one', runId: 'r2' }, false],
    [{ ...tag, kind: 'restoring' as const }, { workflowId: 'restore/shop one', runId: 'r2' }, true],
    [{ ...tag, kind: 'restoring' as const }, { workflowId: 'restore/other', runId: 'r1' }, false],
    [undefined, { workflowId: 'restore/shop one', runId: 'r1' }, false],
  ])('%j dropped by %j: %s', (found, run, allowed) => {
    expect(mayDrop(found, run)).toBe(allowed);
  });
});

describe('moves of a swap', () => {
  const names = { live: 'live', restored: 'new', kept: 'old' };
  const own = (kind: Tag['kind']): { tag: Tag } => ({ tag: { workflowId: 'w', runId: 'r', kind } });
  const plain = { tag: undefined };
  const standing = (live: Standing['live'], restored: Standing['live'], kept: Standing['live']): Standing => ({
    live,
    restored,
    kept,
  });
  test.each([
    ['at first', standing(plain, own('restored'), undefined), ['park', 'promote'], []],
    ['half-way', standing(undefined, own('restored'), own('kept')), ['promote'], ['reinstate']],
    ['done', standing(plain, undefined, own('kept')), [], ['demote', 'reinstate']],
  ])('%s', (_name, found, forth, back) => {
    expect(movesOfSwap(found, names)).toEqual(forth);
    expect(movesOfSwapBack(found, names)).toEqual(back);
  });
  test.each([
    ['nothing restored', standing(plain, undefined, undefined), 'NotFound'],
    ['not ours', standing(plain, plain, undefined), 'NotOurs'],
    ['not restored to the end', standing(plain, own('restoring'), undefined), 'NotOurs'],
    ['the kept name is taken', standing(plain, own('restored'), plain), 'NameTaken'],
    ['somebody else put the live one aside', standing(plain, undefined, plain), 'NotOurs'],
    ['no live database', standing(undefined, own('restored'), undefined), 'NotFound'],
  ])('%s', (_name, found, type) => {
    expect(() => movesOfSwap(found, names)).toThrow(expect.objectContaining({ type }));
  });
  test.each([
    ['nothing was exchanged', standing(plain, own('restored'), undefined), []],
    ['nothing was restored', standing(plain, undefined, undefined), []],
  ])('back, %s', (_name, found, moves) => {
    expect(movesOfSwapBack(found, names)).toEqual(moves);
  });
  test.each([
    ['not ours', standing(plain, undefined, plain), 'NotOurs'],
    ['three at once', standing(plain, own('restored'), own('kept')), 'NameTaken'],
    ['nothing there', standing(undefined, own('restored'), undefined), 'NotFound'],
  ])('back, %s', (_name, found, type) => {
    expect(() => movesOfSwapBack(found, names)).toThrow(expect.objectContaining({ type }));
  });
});
