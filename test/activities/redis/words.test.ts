import { expect, test } from '@jest/globals';
import { countWarning, isOlder, keyspaces, parseInfo, totalKeys } from '../../../activities/redis/info.js';
import { redisFailure } from '../../../activities/redis/connection.js';
import { endOf } from '../../../activities/redis/throwaway.js';
import { parseReport } from '../../../activities/redis/rdb.js';

test('INFO is read, databases in the order of their numbers', () => {
  const info = parseInfo(
    '# Keyspace\r\ndb10:keys=1,expires=0,avg_ttl=0\r\ndb2:keys=5,expires=3,avg_ttl=9\r\nredis_version:7.0.15\r\n',
  );
  expect(info['redis_version']).toBe('7.0.15');
  expect(keyspaces(info)).toEqual([
    { db: 'db2', keys: 5, expires: 3 },
    { db: 'db10', keys: 1, expires: 0 },
  ]);
  expect(totalKeys(keyspaces(info))).toBe(6);
});

test.each([
  ['7.0.15', '7.0.2', false],
  ['7.0.15', '7.2.0', true],
  ['6.2.14', '7.0.0', true],
  ['10.0.0', '7.4.1', false],
])('%s against %s: older is %p', (a, b, older) => {
  expect(isOlder(a, b)).toBe(older);
});

test.each([
  [10, 10, 10, false],
  [10, 12, 15, false],
  [15, 12, 10, false],
  [10, 9, 15, true],
  [0, 3, 0, true],
])('%p keys before, %p in the snapshot, %p after: warned is %p', (before, snapshot, after, warned) => {
  expect(countWarning(before, snapshot, after) !== undefined).toBe(warned);
});

test.each([
  ['WRONGPASS invalid username-password pair', 'WrongPassword'],
  ['NOAUTH Authentication required.', 'WrongPassword'],
  ["NOPERM this user has no permissions to run the 'psync' command", 'Forbidden'],
  ["ERR unknown command 'SYNC'", 'Forbidden'],
  ['LOADING Redis is loading the dataset in memory', 'Unreachable'],
  ['connect ETIMEDOUT', 'Unreachable'],
])('%p is %s', (message, type) => {
  expect(redisFailure(new Error(message), { host: 'h', port: 1 })).toMatchObject({ type });
});

test('the report of a damaged file names no key', () => {
  const text = [
    '--- RDB ERROR DETECTED ---',
    '[offset 300] Unexpected EOF reading RDB file',
    "[additional info] Reading key 'alice@example.org'",
    '[info] 7 keys read',
    '[info] 2 expires',
  ].join('\n');
  expect(parseReport(text, 1)).toEqual({
    ...{ keys: 7, expires: 2, unchecked: false },
    problem: 'redis-check-rdb: Unexpected EOF reading RDB file',
  });
});

test('the report of a good file gives the position of the snapshot', () => {
  const text =
    "[offset 86] AUX FIELD repl-id = 'abc'\nAUX FIELD repl-offset = '42'\n[offset 734] \\o/ RDB looks OK! \\o/\n[info] 3 keys read\n";
  expect(parseReport(text, 0)).toEqual({ keys: 3, expires: 0, unchecked: false, position: 'abc:42' });
});

test.each([
  ['1:M 21 Nov # Wrong RDB checksum expected: (1) but got (2). Aborting now.', null, 'RestoreError'],
  ['1:M 21 Nov # Internal error in RDB reading offset 9, function at rdb.c:1 -> bad', null, 'RestoreError'],
  ["1:M 21 Nov # Can't handle RDB format version 12", null, 'VersionMismatch'],
  ['1:M 21 Nov # Failed opening Unix socket: bind: Permission denied', null, 'Stalled'],
  ['', 'SIGKILL', 'Stalled'],
])('a server that wrote %p and ended with %p: %s', (log, signal, type) => {
  expect(endOf(log, signal)).toMatchObject({ type });
});
