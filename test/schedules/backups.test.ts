import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkSchedules } from '../../schedules/index.js';
import { checkRecipients } from '../../systems/ageKeys.js';
import { checkSystemFile } from '../../systems/check.js';
import { findSystemFile, packagedSystems } from '../../systems/directories.js';
import type { FurtherCheck } from '../../systems/examine.js';
import { listSystems, loadSystem } from '../../systems/load.js';
import { catalogue } from '../../workflows/catalogue.js';
import { folderWith, SAMPLE } from '../systems/describeFile.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const schedulesAt = checkSchedules(catalogue, NOW);
const further: FurtherCheck = (merged) => [...schedulesAt(merged), ...checkRecipients(merged)];

const KEYS = [
  'age1r4auv8utnmsaafm2wnwx6lf70qcs7smtyuaal6edgaehty04qclqwfux3y',
  'age1d6t2yxk6khqcca0e8hnkxll06ssfwn57amd7m6ugr8r3htw94y5qdsngy0',
];

const dirs = [packagedSystems()];

describe.each(listSystems(dirs))('%s as delivered', (name) => {
  const file = findSystemFile(name, dirs) ?? '';
  const { system } = loadSystem(name, { dirs });

  test('has backups, their schedules, and no problem', () => {
    expect(checkSystemFile(file, further)).toEqual([]);
    const runbooks = system.schedules.map(({ runbook }) => runbook);
    expect(runbooks).toEqual(expect.arrayContaining(['backup', 'backupWatch', 'retention']));
    expect(system.schedules.find(({ runbook }) => runbook === 'backupWatch')?.every).toBe('15m');
  });

  test('deletes nothing until somebody says so, and never pauses its backups by itself', () => {
    expect(system.backups?.retention?.apply).toBe(false);
    expect(system.schedules.filter(({ pauseOnFailure }) => pauseOnFailure)).toEqual([]);
  });

  test('what is commented out, for want of keys, is right once they are there', () => {
    const text = readFileSync(file, 'utf8');
    const whole = text
      .replaceAll(/^( *)# ( *)(encryption:|recipients:|identity:|recoveryIdentity:)/gm, '$1$2$3')
      .replace('[age1…, age1…]', `[${KEYS.join(', ')}]`)
      .replaceAll(/^ +# (?:- name: objects|- id: backup-objects)\n(?: +# {3}.*\n)*/gm, (block) =>
        block.replaceAll('# ', ''),
      );
    const problems = checkSystemFile(join(folderWith({ [basename(file)]: whole }), basename(file)), further);
    expect(problems).toEqual([]);
    expect(whole).toContain(KEYS[1]);
    const objects = loadSystem(name, { dirs: [folderWith({ [basename(file)]: whole })] }).system.backups?.sources;
    expect(objects?.some(({ type }) => type === 'kubernetes')).toBe(system.kubernetes !== undefined);
  });
});

describe('the allowed age against the pauses between scheduled backups', () => {
  const backups = (age: string, more = '') => `backups:
  store: { bucket: shop-backups }
  ${age}
  sources:
    - { name: orders, type: postgres, host: database, database: orders${more} }
    - { name: cache, type: redis, host: redis }
schedules:
`;
  const schedule = (id: string, times: string, input: string) =>
    `  - { id: ${id}, runbook: backup, reason: Backup, catchupWindowSeconds: 600, ${times}, input: ${input} }\n`;
  const daily = schedule('daily', "cron: '0 5 * * *', timeZone: UTC", '{}');

  const messages = (text: string) => {
    const file = join(folderWith({ 'shop.yaml': SAMPLE + text }), 'shop.yaml');
    return checkSystemFile(file, schedulesAt).map(({ path, message }) => `${path}: ${message}`);
  };

  test.each<[string, string, string[]]>([
    ['a day and two hours', 'maxAgeSeconds: 93600', []],
    ['a day exactly', 'maxAgeSeconds: 86400', ['orders', 'cache']],
    ['an hour', 'maxAgeSeconds: 3600', ['orders', 'cache']],
  ])('%s with a daily backup', (_, age, sources) => {
    expect(messages(backups(age) + daily)).toEqual(
      sources.map((source) => expect.stringContaining(`backups.maxAgeSeconds: allows ${source} an age of`)),
    );
  });

  test('the longest pause counts: the night of hourly backups, the long day of a change of clocks', () => {
    const hourly = schedule('hourly', "cron: '0 9-17 * * *', timeZone: UTC", '{ sources: [orders] }');
    const fresh = backups('verify: L5', ', maxAgeSeconds: 32400');
    expect(messages(fresh + hourly + schedule('daily', "cron: '0 2 * * *', timeZone: UTC", '{}'))).toEqual([
      expect.stringMatching(/^backups.sources\[0\].maxAgeSeconds: allows orders .* up to 32400 s lie between/),
    ]);
    const berlin = schedule('daily', "cron: '0 5 * * *', timeZone: Europe/Berlin", '{}');
    expect(messages(backups('maxAgeSeconds: 87000') + berlin)[0]).toContain('up to 90000 s lie between');
  });

  test('backups that are not verified as asked, other sources, rests and rehearsals do not count', () => {
    const often = 'every: 1h, enabled: true';
    const weak = schedule('weak', often, '{ verify: L3 }');
    const other = schedule('other', often, '{ sources: [cache] }');
    const dry = schedule('dry', often, '{ dryRun: true }');
    const resting = schedule('resting', 'every: 1h, enabled: false', '{}');
    const found = messages(backups('maxAgeSeconds: 7200') + daily + weak + other + dry + resting);
    expect(found).toEqual([expect.stringContaining('allows orders an age of 7200 s, but up to 86400 s lie between')]);
  });

  test('without a schedule there is nothing to compare', () => {
    expect(messages(backups('maxAgeSeconds: 60').replace('schedules:\n', ''))).toEqual([]);
  });
});

describe('a scheduled test cannot compare contents that were not recorded', () => {
  const messages = (verify: string, schedule: string) => {
    const backups = `backups:
  store: { bucket: shop-backups }
  verify: ${verify}
  sources:
    - { name: orders, type: postgres, host: database, database: orders }
    - { name: cache, type: redis, host: redis, verify: L3 }
    - { name: archive, type: pgbackrest, host: db-1, stanza: main, verify: L4 }
schedules:
  - { id: test, reason: Test, every: 1d, catchupWindowSeconds: 600, ${schedule} }
`;
    const file = join(folderWith({ 'shop.yaml': SAMPLE + backups }), 'shop.yaml');
    return checkSystemFile(file, schedulesAt).map(({ path, message }) => `${path}: ${message}`);
  };

  test.each<[string, string, string, string[]]>([
    [
      'restore test at L6 of a policy of L5',
      'L5',
      'runbook: verifyBackup, input: { source: orders, level: L6 }',
      ['those of orders are recorded only when its `verify` is L6, not L5'],
    ],
    ['the same of a policy of L6', 'L6', 'runbook: verifyBackup, input: { source: orders, level: L6 }', []],
    ['restore test at its own L5', 'L5', 'runbook: verifyBackup, input: { source: orders }', []],
    [
      'drill at its own L6 over all sources',
      'L5',
      'runbook: drTest, input: { rto: 60, rpo: 60 }',
      ['those of orders', 'those of cache', 'is L6, but L4 is the highest level of archive (pgbackrest)'],
    ],
    ['drill of one source', 'L6', 'runbook: drTest, input: { rto: 60, rpo: 60, sources: [orders] }', []],
    [
      'what lies with another tool, at the own L5',
      'L6',
      'runbook: verifyBackup, input: { source: archive }',
      ['is L5, but L4 is the highest level of archive (pgbackrest); write level: L4'],
    ],
    ['drill at L4', 'L5', 'runbook: drTest, input: { rto: 60, rpo: 60, level: L4 }', []],
  ])('%s', (_, verify, schedule, found) => {
    expect(messages(verify, schedule)).toEqual(found.map((text) => expect.stringContaining(text)));
  });
});

test('a drill of encrypted backups needs the recovery key', () => {
  const messages = (key: string, runbook: string, input: string) => {
    const text = `backups:
  store: { bucket: shop-backups }
  encryption: { recipients: [${KEYS.join(', ')}], identity: env:KEY${key} }
  verify: L6
  sources:
    - { name: orders, type: postgres, host: database, database: orders }
schedules:
  - { id: drill, runbook: ${runbook}, reason: Drill, every: 30d, catchupWindowSeconds: 600, input: ${input} }
`;
    const file = join(folderWith({ 'shop.yaml': SAMPLE + text }), 'shop.yaml');
    return checkSystemFile(file, schedulesAt).map(({ path, message }) => `${path}: ${message}`);
  };
  const goals = '{ rto: 60, rpo: 60 }';
  expect(messages('', 'drTest', goals)).toEqual([
    expect.stringContaining(
      'backups.encryption.recoveryIdentity: is missing; the drill "drill" decrypts with this key',
    ),
  ]);
  expect(messages(', recoveryIdentity: env:OFFLINE', 'drTest', goals)).toEqual([]);
  expect(messages('', 'backupWatch', '{}')).toEqual([]);
});
