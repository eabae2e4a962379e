import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkRecipients, recipientProblem } from '../../systems/ageKeys.js';
import { checkSystemFile } from '../../systems/check.js';
import { folderWith, SAMPLE } from './describeFile.js';

/** Real public keys; whoever has their other halves can read nothing, because nothing is encrypted to them. */
const KEYS = [
  'age1r4auv8utnmsaafm2wnwx6lf70qcs7smtyuaal6edgaehty04qclqwfux3y',
  'age1d6t2yxk6khqcca0e8hnkxll06ssfwn57amd7m6ugr8r3htw94y5qdsngy0',
];

const BACKUPS = `backups:
  store: { bucket: shop-backups, prefix: belay }
  manifestCopy: { bucket: shop-manifests }
  encryption:
    recipients: [${KEYS.join(', ')}]
    identity: env:SHOP_AGE_IDENTITY
  verify: L5
  retention: { level: L4, keepLast: 3 }
  sources:
    - name: orders
      type: postgres
      host: database
      database: orders
      password: env:PASSWORD
      consumers: [web]
      smoke:
        - { name: orders, query: SELECT count(*) FROM orders, min: 1 }
    - name: objects
      type: kubernetes
`;

const BEFORE = SAMPLE.split('\n').length - 1;

/** `line path: message` of each problem; lines count from `backups:` as 1. */
function check(backups: string, sample = SAMPLE): string[] {
  const file = join(folderWith({ 'shop.yaml': sample + backups }), 'shop.yaml');
  return checkSystemFile(file, checkRecipients).map(
    ({ line, path, message }) => `${line - BEFORE} ${path}: ${message}`,
  );
}

function after(from: string, to: string): string[] {
  expect(BACKUPS).toContain(from);
  return check(BACKUPS.replace(from, to));
}

test('the sample is right', () => {
  expect(check(BACKUPS)).toEqual([]);
});

describe('one mistake gives one problem with line, path, cause and cure', () => {
  test.each<[string, string, string, string]>([
    [
      'unknown type of source',
      'type: postgres',
      'type: mysql',
      '11 backups.sources[0].type: "mysql" is not allowed; must be one of "postgres", "mongodb", "redis", "sqlite"',
    ],
    [
      'unknown field of a source',
      'database: orders',
      'database: orders\n      databse: x',
      '14 backups.sources[0].databse: unknown field; did you mean "database"?',
    ],
    [
      'source named twice',
      'name: objects',
      'name: orders',
      '18 backups.sources[1].name: "orders" is named twice; each needs a name of its own',
    ],
    [
      'consumer that is no workload',
      '[web]',
      '[wob]',
      '15 backups.sources[0].consumers[0]: there is no workload "wob"; did you mean "web"? Or add it to `workloads`',
    ],
    [
      'consumer named twice',
      '[web]',
      '[web, web]',
      '15 backups.sources[0].consumers[1]: "web" is named twice; each needs a name of its own',
    ],
    [
      'objects without encryption',
      `  encryption:\n    recipients: [${KEYS.join(', ')}]\n    identity: env:SHOP_AGE_IDENTITY\n`,
      '',
      '16 backups.sources[1].type: holds the Secrets of the namespace and is only stored encrypted; add `backups.encryption`',
    ],
    [
      'one key only',
      KEYS.join(', '),
      KEYS[0] ?? '',
      '5 backups.encryption.recipients: has 1 entries; must be at least 2 entries',
    ],
    [
      'the same key twice',
      KEYS[1] ?? '',
      KEYS[0] ?? '',
      '5 backups.encryption.recipients[1]: stands twice; a second key only helps when it is another one',
    ],
    [
      'mistyped key',
      KEYS[1] ?? '',
      (KEYS[1] ?? '').replace('d6t2', 'd6t3'),
      '5 backups.encryption.recipients[1]: is no public key of age (its checksum is wrong',
    ],
    [
      'drill with the key of verification',
      'identity: env:SHOP_AGE_IDENTITY',
      'identity: env:SHOP_AGE_IDENTITY\n    recoveryIdentity: env:SHOP_AGE_IDENTITY',
      '7 backups.encryption.recoveryIdentity: is the same as `identity`, so a drill would not prove',
    ],
    [
      'manifests copied onto themselves',
      'bucket: shop-manifests',
      'bucket: shop-backups',
      '3 backups.manifestCopy: lies in the same place as `store`',
    ],
    [
      'manifests copied into the store',
      'bucket: shop-manifests',
      'bucket: shop-backups, prefix: belay/copy',
      '3 backups.manifestCopy: lies in the same place as `store`',
    ],
    [
      'short prefix',
      'prefix: belay',
      'prefix: b',
      '2 backups.store.prefix: must be at least 3 characters, without "/" at either end',
    ],
    [
      'half a pair of credentials',
      'prefix: belay',
      'prefix: belay, accessKeyId: env:KEY_ID',
      '2 backups.store.secretAccessKey: is missing; `accessKeyId` is of no use without it',
    ],
    [
      'retention that counts what is never proved',
      'level: L4',
      'level: L6',
      '8 backups.retention.level: retention counts backups from L6, but they are verified to L5 only',
    ],
    [
      'the same in a source',
      'database: orders',
      'database: orders\n      verify: L3',
      '14 backups.sources[0].verify: retention counts backups from L4, but they are verified to L3 only',
    ],
    [
      'retention that keeps nothing',
      'keepLast: 3',
      'keepLast: 0',
      '8 backups.retention: keeps nothing: set keepLast, keepDaily, keepWeekly, keepMonthly or keepWithinDays',
    ],
    [
      'answers that exclude each other',
      'min: 1',
      'min: 5, max: 1',
      '17 backups.sources[0].smoke[0].min: is above max (1)',
    ],
    [
      'no source',
      BACKUPS.slice(BACKUPS.indexOf('  sources:')),
      '  sources: []\n',
      '9 backups.sources: is empty; must have at least one entry',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
  });
});

test('objects of a system without Kubernetes need namespaces', () => {
  const sample = 'name: shop\ntitle: Shop\n';
  const text = BACKUPS.replace('      consumers: [web]\n', '');
  const problems = check(text, sample).map((line) => line.replace(/^-?\d+ /, ''));
  expect(problems).toEqual([
    'backups.sources[1].namespaces: is missing; add it, or a `kubernetes` section to the system, whose namespace is then taken',
  ]);
  expect(check(`${text}      namespaces: [shop]\n`, sample)).toEqual([]);
});

test('what lies with a vendor or another tool has a highest level, and cannot be staged', () => {
  const repository = '    - { name: archive, type: pgbackrest, host: db-1, stanza: main, verify: L4 }\n';
  expect(check(BACKUPS + repository)).toEqual([]);
  expect(check(BACKUPS + repository.replace(', verify: L4', ''))).toEqual([
    '20 backups.sources[2].verify: L5 is asked, but L4 is the highest level of pgbackrest, so no backup would ever count; write verify: L4 here',
  ]);
  expect(check(BACKUPS.replace('verify: L5', 'verify: L5\n  shape: stage') + repository)).toEqual([
    expect.stringContaining('21 backups.sources[2].type: pgbackrest keeps its backups itself and cannot be staged'),
  ]);
});

test('a mistake in one source hides none in another', () => {
  const text = BACKUPS.replace('type: postgres', 'type: postgres\n      port: 0').replace('[web]', '[nobody]');
  expect(check(text.replace('name: objects', 'name: orders')).map((line) => line.split(':')[0])).toEqual([
    '12 backups.sources[0].port',
    '16 backups.sources[0].consumers[0]',
    '19 backups.sources[1].name',
  ]);
});

test('real keys pass, others do not', () => {
  expect(KEYS.map(recipientProblem)).toEqual([undefined, undefined]);
  expect(recipientProblem('age1qqqq')).toMatch(/no public key/);
});

describe('a secret in the backups section is refused and never repeated', () => {
  // Put together here so that no scanner takes this file itself for a leak.
  const secret = (...parts: string[]) => parts.join('');
  const identity = secret('AGE-SECRET-', 'KEY-1QQQQQQQQQQQQQQQQQQQQQQQQHUNTER2');
  test.each<[string, string, string, string, RegExp]>([
    ['private key as identity', 'env:SHOP_AGE_IDENTITY', identity, 'backups.encryption.identity', /private key of age/],
    ['private key as recipient', KEYS[1] ?? '', identity, 'backups.encryption.recipients[1]', /private key of age/],
    ['literal password', 'env:PASSWORD', 'hunter2222', 'backups.sources[0].password', /must be a reference/],
    [
      'connection string as host',
      'host: database',
      secret('host: postgres://orders:', 'hunter2222@database/orders'),
      'backups.sources[0].host',
      /password in an address/,
    ],
    [
      'connection settings as database',
      'database: orders',
      secret('database: host=db pass', 'word=hunter2222'),
      'backups.sources[0].database',
      /password among connection settings/,
    ],
    [
      'literal S3 key',
      'prefix: belay',
      'prefix: belay, accessKeyId: env:ID, secretAccessKey: hunter2222',
      'backups.store.secretAccessKey',
      /must be a reference/,
    ],
  ])('%s', (_, from, to, path, message) => {
    const problems = after(from, to);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(` ${path}: `);
    expect(problems[0]).toMatch(message);
    expect(problems[0]).not.toMatch(/hunter2/i);
  });
});
