import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkSchedules } from '../../schedules/index.js';
import { checkSystemFile } from '../../systems/check.js';
import { loadSystem } from '../../systems/load.js';
import { catalogue } from '../../workflows/catalogue.js';
import { folderWith, SAMPLE } from '../systems/describeFile.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');
/** Lines of the sample before `schedules:`. */
const BEFORE = SAMPLE.split('\n').length - 1;

const SCHEDULE = `schedules:
  - id: nightly
    runbook: rollingUpdate
    input:
      changes: [{ workload: web, image: 'ghcr.io/acme/web:1' }]
    reason: Nightly rollout
    cron: '30 4 * * *'
    timeZone: Europe/Berlin
    catchupWindowSeconds: 3600
`;

/** `line path: message` of each problem; lines count from `schedules:` as 1. */
function check(text: string): string[] {
  const file = join(folderWith({ 'shop.yaml': SAMPLE + text }), 'shop.yaml');
  const problems = checkSystemFile(file, checkSchedules(catalogue, NOW));
  return problems.map(({ line, path, message }) => `${line - BEFORE} ${path}: ${message}`);
}

function after(from: string, to: string): string[] {
  expect(SCHEDULE).toContain(from);
  return check(SCHEDULE.replace(from, to));
}

test('the sample is right', () => {
  expect(check(SCHEDULE)).toEqual([]);
});

describe('one mistake gives one problem with line, path, cause and cure', () => {
  test.each<[string, string, string, string]>([
    [
      'unknown runbook',
      'rollingUpdate',
      'rolingUpdate',
      '3 schedules[0].runbook: there is no runbook "rolingUpdate"; did you mean "rollingUpdate"?',
    ],
    ['no id', 'id: nightly', 'note: hello', '2 schedules[0].id: is missing; must be a text'],
    ['id with a slash', 'id: nightly', 'id: a/b', '2 schedules[0].id: must start with a letter'],
    [
      'unknown field',
      'reason:',
      'every_: 5m\n    reason:',
      '6 schedules[0].every_: unknown field; did you mean "every"?',
    ],
    ['no reason', '    reason: Nightly rollout\n', '', '2 schedules[0].reason: is missing; must be a text'],
    [
      'unknown field of the input',
      'input:',
      'input:\n      bakeSecond: 5',
      '5 schedules[0].input.bakeSecond: unknown field; did you mean "bakeSeconds"?',
    ],
    [
      'wrong type in the input',
      'image:',
      'container: 5, image:',
      '5 schedules[0].input.changes[0].container: is a number; must be a text',
    ],
    [
      'missing input',
      "      changes: [{ workload: web, image: 'ghcr.io/acme/web:1' }]",
      '      dryRun: true',
      '4 schedules[0].input.changes: is missing; must be a list',
    ],
    [
      'unknown workload',
      'workload: web',
      'workload: wob',
      '5 schedules[0].input.changes[0].workload: "wob" is not a workload of shop; it has database, web',
    ],
    [
      'input that is filled in',
      'input:',
      'input:\n      requestedBy: me',
      '5 schedules[0].input.requestedBy: is filled in with schedule:<id>; remove it',
    ],
    [
      'the system in the input',
      'input:',
      'input:\n      system: other',
      "5 schedules[0].input.system: is filled in with this system's name; remove it",
    ],
    ['broken cron', '30 4 * * *', '30 4 * *', '7 schedules[0].cron: has 4 fields; must have five'],
    [
      'hour of 25',
      '30 4 * * *',
      '30 25 * * *',
      '7 schedules[0].cron: is not a cron line (Constraint error, got value 25 expected range 0-23)',
    ],
    [
      'time that changes of clocks skip',
      '30 4 * * *',
      '30 2 * * *',
      '7 schedules[0].cron: is not safe in Europe/Berlin: 02:30 does not exist on 2027-03-28',
    ],
    [
      'no time at all',
      "    cron: '30 4 * * *'\n",
      '',
      '2 schedules[0].cron: is missing; write `cron`, `calendar` or `every`',
    ],
    [
      'two times',
      'timeZone:',
      'every: 5m\n    timeZone:',
      '8 schedules[0].every: stands beside `cron`; write only one of them',
    ],
    [
      'no time zone',
      '    timeZone: Europe/Berlin\n',
      '',
      '2 schedules[0].timeZone: is missing; write e.g. Europe/Berlin or UTC',
    ],
    [
      'unknown time zone',
      'Europe/Berlin',
      'Europe/Bärlin',
      '8 schedules[0].timeZone: "Europe/Bärlin" is not a time zone of the IANA database',
    ],
    ['fixed offset', 'Europe/Berlin', "'+02:00'", '8 schedules[0].timeZone: "+02:00" is not a time zone'],
    [
      'no catch-up window',
      '    catchupWindowSeconds: 3600\n',
      '',
      '2 schedules[0].catchupWindowSeconds: is missing; must be a number',
    ],
    ['catch-up window of a second', '3600', '1', '9 schedules[0].catchupWindowSeconds: is 1; must be at least 60'],
    [
      'catch-up window of a year',
      '3600',
      '31536000',
      '9 schedules[0].catchupWindowSeconds: is 31536000; must be at most 604800',
    ],
    [
      'overlap that kills',
      'reason:',
      'overlap: terminateOther\n    reason:',
      '6 schedules[0].overlap: "terminateOther" is not allowed; must be one of "skip"',
    ],
    [
      'jitter longer than the distance',
      "cron: '30 4 * * *'",
      "jitterSeconds: 400\n    cron: '*/5 * * * *'",
      '7 schedules[0].jitterSeconds: must be less than the 300 s between two starts',
    ],
    [
      'every with a zone',
      "cron: '30 4 * * *'",
      'every: 6h',
      '8 schedules[0].timeZone: `every` knows no time zone; remove this, or use `cron`',
    ],
    [
      'every without a unit',
      "cron: '30 4 * * *'\n    timeZone: Europe/Berlin",
      "every: '5'",
      '7 schedules[0].every: must be a number with s, m, h or d, e.g. 5m',
    ],
    [
      'every second',
      "cron: '30 4 * * *'\n    timeZone: Europe/Berlin",
      'every: 1s',
      '7 schedules[0].every: is 1s; must be 30s to 366d',
    ],
    [
      'calendar at a dangerous time',
      "cron: '30 4 * * *'\n    timeZone: Europe/Berlin",
      'calendar: { hour: 2 }\n    timeZone: America/New_York',
      '7 schedules[0].calendar: is not safe in America/New_York: 02:00 does not exist on 2027-03-14',
    ],
    [
      'calendar without a match',
      "cron: '30 4 * * *'",
      'calendar: { hour: 2, dayOfMonth: 30, month: 2 }',
      '7 schedules[0].calendar: never comes',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
  });
});

test('with overlap allowAll, a catch-up window that holds several starts would start them all at once', () => {
  const often = SCHEDULE.replace('30 4 * * *', '*/5 * * * *').replace('reason:', 'overlap: allowAll\n    reason:');
  expect(check(often)).toEqual([
    '10 schedules[0].catchupWindowSeconds: with overlap allowAll every start missed in this time would be made up for at once; set at most 300, or overlap skip',
  ]);
});

test('an id stands once', () => {
  expect(check(SCHEDULE + SCHEDULE.replace('schedules:\n', ''))).toEqual([
    '10 schedules[1].id: "nightly" is named twice; each needs a name of its own',
  ]);
});

test('all problems come at once, in the schedule and elsewhere', () => {
  const text = SCHEDULE.replace('30 4', '30 2')
    .replace('workload: web', 'workload: wob')
    .replace('3600', '5')
    .replace('reason: Nightly rollout', "reason: ''");
  expect(check(text).map((line) => line.split(':')[0])).toEqual([
    '5 schedules[0].input.changes[0].workload',
    '6 schedules[0].reason',
    '7 schedules[0].cron',
    '9 schedules[0].catchupWindowSeconds',
  ]);
});

test('a run loads its system without these checks: a change of clocks must not stop a rollout', () => {
  const dir = folderWith({ 'shop.yaml': SAMPLE + SCHEDULE.replace('30 4', '30 2') });
  expect(loadSystem('shop', { dirs: [dir], overlayDir: '' }).system.schedules).toHaveLength(1);
  const further = checkSchedules(catalogue, NOW);
  expect(() => loadSystem('shop', { dirs: [dir], overlayDir: '', further })).toThrow(
    /shop\.yaml:\d+:5 schedules\[0\]\.cron/,
  );
});
