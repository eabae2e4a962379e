import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createOncallActivities } from '../../../activities/oncall/index.js';
import { readOverrides } from '../../../activities/oncall/overrides.js';
import { loadSystem } from '../../../systems/load.js';
import { inActivity } from '../../activities/http/inActivity.js';
import { sandbox, SANDBOX_MS } from '../../setup/sandbox.js';
import { belay, built, type Ran } from '../cli.js';

const system = `oncall-${randomUUID().slice(0, 8)}`;
const taskQueue = `test-${system}`;
const systems = mkdtempSync(join(tmpdir(), 'belay-oncall-'));

const description = `name: ${system}
title: On call
channels:
  post: { type: mail, host: mail.example, from: belay@oncall.example }
people:
  alice: { name: Alice, email: alice@oncall.example, contacts: [{ channel: post }] }
  bob: { name: Bob, email: bob@oncall.example, contacts: [{ channel: post }] }
rotas:
  primary:
    timeZone: Europe/Berlin
    start: 2026-01-05
    handoff: { every: week, at: "09:00" }
    people: [alice]
  duty: { source: pagerduty, schedule: PDUTY1, token: env:NOT_SET }
`;

let address: string;
let connection: Connection;
let native: NativeConnection;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  const { temporal } = await sandbox('temporal');
  await built();
  address = temporal?.address ?? '';
  writeFileSync(join(systems, `${system}.yaml`), description);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const workflowsPath = new URL('../../../workflows/rotaOverrides/workflow.ts', import.meta.url).pathname;
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  const bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  worker = await Worker.create({ connection: native, taskQueue, workflowBundle: bundle });
  running = worker.run();
}, SANDBOX_MS);
afterAll(async () => {
  if (worker?.getState() === 'RUNNING') worker.shutdown();
  await running;
  await native?.close();
  await connection?.close();
});

const oncall = (...args: string[]): Promise<Ran> =>
  belay(['oncall', ...args], {
    TEMPORAL_ADDRESS: address,
    BELAY_TASK_QUEUE: taskQueue,
    BELAY_SYSTEMS: systems,
    BELAY_ACTOR: 'alice',
  });

const swap = ['--from', '2099-07-01T18:00', '--to', '2099-07-02T09:00+02:00', '--reason', 'Concert'];

/** Whom a page at this instant would reach. */
async function paged(at: string): Promise<string[]> {
  const { people, rotas, channels } = loadSystem(system, { dirs: [systems] }).system;
  const { resolveTargets } = createOncallActivities({
    temporal: () => new Client({ connection }),
    secrets: { resolve: () => Promise.reject(new Error('none')) },
  });
  const input = { snapshot: { system, people, rotas, channels }, targets: [{ rota: 'primary' }], at: Date.parse(at) };
  const resolved = await inActivity(resolveTargets, input);
  return resolved.people.map(({ id, because }) => `${id}: ${because}`);
}

test('an override is made, shown, used by the next page, and taken back', async () => {
  expect(await paged('2099-07-01T20:00:00Z')).toEqual(['alice: primary']);
  const made = await oncall('override', system, 'primary', '--person', 'bob', ...swap);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout.split('\n').slice(1, 3)).toEqual([
    '  bob gets Wed 2099-07-01 18:00 +02:00 to Thu 2099-07-02 09:00 +02:00',
    '  alice loses Wed 2099-07-01 18:00 +02:00 to Thu 2099-07-02 09:00 +02:00',
  ]);
  expect(await paged('2099-07-01T20:00:00Z')).toEqual(['bob: primary (override: Concert)']);
  expect(await paged('2099-07-02T07:00:00Z')).toEqual(['alice: primary']);

  const shown = await oncall('show', system, '--rota', 'primary', '--at', '2099-07-01T12:00', '--days', '2');
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/primary \(Europe\/Berlin\)\n {2}Wed 2099-07-01 12:00 \+02:00: alice \(Alice\)/);
  expect(shown.stdout).toMatch(
    /Wed 2099-07-01 18:00 \+02:00 {2}Thu 2099-07-02 09:00 \+02:00 {2}bob \(Bob\) +override: Concert/,
  );
  expect(shown.stdout).toMatch(/o1 .*bob .*Concert \(alice\)/);

  const cancelled = await oncall('cancel', system, 'primary', 'o1', '--reason', 'rain');
  expect(cancelled.code).toBe(0);
  expect(cancelled.stdout).toMatch(/alice gets Wed 2099-07-01 18:00/);
  expect(await paged('2099-07-01T20:00:00Z')).toEqual(['alice: primary']);
});

test('JSON has the same', async () => {
  const { code, stdout } = await oncall('show', system, '--rota', 'primary', '--at', '2026-06-01T12:00', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    system,
    rotas: [
      {
        rota: 'primary',
        timeZone: 'Europe/Berlin',
        onCall: [{ person: 'alice' }],
        problems: [],
        at: '2026-06-01T10:00:00.000Z',
      },
    ],
  });
});

test.each([
  [
    'a person who is none',
    ['override', system, 'primary', '--person', 'bop', ...swap],
    2,
    /no person "bop"; did you mean "bob"/,
  ],
  ['a rota that is none', ['override', system, 'primry', '--person', 'bob', ...swap], 2, /no rota "primry"/],
  ['a rota of PagerDuty', ['override', system, 'duty', '--person', 'bob', ...swap], 2, /kept by PagerDuty/],
  ['no reason', ['override', system, 'primary', '--person', 'bob', '--to', '2099-01-01'], 2, /give --reason/],
  [
    'what is over',
    ['override', system, 'primary', '--person', 'bob', '--from', '2020-01-01', '--to', '2020-01-02', '--reason', 'x'],
    3,
    /Refused: "to" .* is over already/,
  ],
  [
    'an override that is none',
    ['cancel', system, 'primary', 'o99', '--reason', 'x'],
    3,
    /Refused: "id" must be an override/,
  ],
  ['a day that is none', ['show', system, '--days', '0'], 2, /--days must be/],
])('%s is refused', async (_, args, code, message) => {
  const ran = await oncall(...args);
  expect(ran.stderr).toMatch(message);
  expect(ran.code).toBe(code);
});

test('a rota whose service cannot be asked has nobody, which is an exit code of its own', async () => {
  const { code, stdout } = await oncall('show', system);
  expect(code).toBe(1);
  expect(stdout).toMatch(/duty \(PagerDuty schedule PDUTY1\)\n.*nobody\n.*could not be asked: .*NOT_SET/);
});

test('the overrides are read without any worker', async () => {
  expect((await oncall('override', system, 'primary', '--person', 'bob', ...swap)).code).toBe(0);
  worker.shutdown();
  await running;
  const overrides = await readOverrides(new Client({ connection }), system, 'primary');
  expect(overrides).toMatchObject([
    { person: 'bob', from: '2099-07-01T16:00:00.000Z', reason: 'Concert', by: 'alice' },
  ]);
});
