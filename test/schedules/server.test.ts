import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client, ScheduleDescription } from '@temporalio/client';
import { applySchedule, nextTimes, pruneSchedule, readSchedule, type DesiredSchedule } from '../../schedules/index.js';
import { updateSchedule } from '../../schedules/write.js';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { apply, connect, newName, NIGHTLY, pending, wanted } from './support.js';

let client: Client;
const made = new Set<string>();

beforeAll(async () => {
  ({ client } = await connect());
}, SANDBOX_MS);

afterAll(async () => {
  for (const id of made)
    await client.schedule
      .getHandle(id)
      .delete()
      .catch(() => undefined);
  await client.connection.close();
});

function make(name: string, schedules: unknown[], taskQueue?: string): DesiredSchedule[] {
  const all = wanted(name, schedules, taskQueue);
  for (const { scheduleId } of all) made.add(scheduleId);
  return all;
}

async function present(id: string): Promise<ScheduleDescription> {
  const found = await readSchedule(client, id);
  if (found === undefined) throw new Error(`${id} is not there`);
  return found;
}

const kinds = (changes: { kind: string }[]) => changes.map(({ kind }) => kind);

/** Every way to say when, and every policy away from its default. */
const VARIETY = [
  NIGHTLY,
  { ...NIGHTLY, id: 'often', cron: '*/5 * * * *' },
  { ...NIGHTLY, id: 'mixed', cron: '0,7,30 6-20/3 1,15 JAN-MAR,dec *', timeZone: 'UTC' },
  {
    ...NIGHTLY,
    id: 'words',
    cron: undefined,
    calendar: { hour: [6, 18], minute: 15, dayOfWeek: ['sunday', 'friday'] },
  },
  {
    ...NIGHTLY,
    id: 'first-monday',
    cron: undefined,
    calendar: { hour: 9, dayOfWeek: 'monday', dayOfMonth: [1, 2, 3, 4, 5, 6, 7] },
    timeZone: 'America/New_York',
  },
  { ...NIGHTLY, id: 'even', cron: undefined, timeZone: undefined, every: '6h', offsetSeconds: 90, jitterSeconds: 30 },
  { ...NIGHTLY, id: 'strict', overlap: 'bufferOne', pauseOnFailure: true, note: 'Page 4 of the manual' },
  { ...NIGHTLY, id: 'off', enabled: false },
];

describe('apply', () => {
  test('creates, then finds nothing to do, whatever form the server gives the times', async () => {
    const name = newName();
    const all = make(name, VARIETY);
    expect(kinds(await pending(client, name, all))).toEqual(VARIETY.map(() => 'create'));
    expect(kinds(await apply(client, all))).toEqual(VARIETY.map(() => 'create'));
    expect(kinds(await apply(client, all))).toEqual(VARIETY.map(() => 'unchanged'));
    expect(await pending(client, name, all)).toEqual(
      all.map((want) => ({ kind: 'unchanged', scheduleId: want.scheduleId, want })),
    );
  });

  test('the server fires when we say it will', async () => {
    const all = make(
      newName(),
      VARIETY.filter(({ id }) => id !== 'even' && id !== 'off'),
    );
    await apply(client, all);
    for (const want of all) {
      const { info } = await present(want.scheduleId);
      const [first = new Date(0)] = info.nextActionTimes;
      const ours = nextTimes(want.times, first.getTime() - 1, 5);
      expect(ours).toEqual(info.nextActionTimes.slice(0, 5).map((at) => at.getTime()));
    }
  });

  test('updates what the description changed, field by field, and nothing of the state', async () => {
    const name = newName();
    await apply(client, make(name, [NIGHTLY]));
    const changes = [{ workload: 'web', image: 'ghcr.io/acme/web:2' }];
    const now = make(name, [
      { ...NIGHTLY, cron: '0 5 * * *', input: { changes }, catchupWindowSeconds: 7_200, jitterSeconds: 60 },
    ]);
    const [change] = await apply(client, now);
    expect(change).toMatchObject({ kind: 'update', byHand: false });
    expect(change?.kind === 'update' && change.fields).toEqual([
      { field: 'times', from: '30 4 * * 1-5', to: '0 5 * * *' },
      { field: 'jitter', from: '0s', to: '1m' },
      { field: 'catchupWindow', from: '1h', to: '2h' },
      { field: 'input.changes[0].image', from: '"ghcr.io/acme/web:stable"', to: '"ghcr.io/acme/web:2"' },
      { field: 'input.dryRun', from: 'true' },
    ]);
    expect(kinds(await apply(client, now))).toEqual(['unchanged']);
  });

  test("an operator's pause and note survive; a resume of theirs too", async () => {
    const name = newName();
    const [want] = make(name, [{ ...NIGHTLY, note: 'From the manual' }]);
    if (want === undefined) throw new Error('no schedule');
    await applySchedule(client, want);
    const handle = client.schedule.getHandle(want.scheduleId);
    expect((await handle.describe()).state).toMatchObject({ paused: false, note: 'From the manual' });

    await handle.pause('Migration, Bob');
    expect(kinds(await pending(client, name, [want]))).toEqual(['unchanged']);
    const [later] = make(name, [{ ...NIGHTLY, note: 'Other words', cron: '0 5 * * *' }]);
    expect((await applySchedule(client, later ?? want)).kind).toBe('update');
    const { state, spec } = await handle.describe();
    expect(state).toMatchObject({ paused: true, note: 'Migration, Bob' });
    expect(spec.calendars?.[0]?.hour).toEqual([{ start: 5, end: 5, step: 1 }]);

    await handle.unpause('Done, Bob');
    await applySchedule(client, want);
    expect((await handle.describe()).state).toMatchObject({ paused: false, note: 'Done, Bob' });
  });

  test('a schedule that is switched off in the description rests, and goes on when switched on again', async () => {
    const name = newName();
    const [on] = make(name, [NIGHTLY]);
    const [off] = make(name, [{ ...NIGHTLY, enabled: false }]);
    if (on === undefined || off === undefined) throw new Error('no schedule');
    await applySchedule(client, on);
    const change = await applySchedule(client, off);
    expect(change).toMatchObject({ kind: 'update' });
    expect(change.kind === 'update' && change.fields).toContainEqual({ field: 'enabled', from: 'true', to: 'false' });
    const handle = client.schedule.getHandle(on.scheduleId);
    expect((await handle.describe()).state).toMatchObject({ paused: true });
    await handle.unpause('I want it');
    expect(kinds(await apply(client, [off]))).toEqual(['update']);
    expect((await handle.describe()).state.paused).toBe(true);
    await handle.pause('Not before Monday, Eve');
    await applySchedule(client, on);
    expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'Not before Monday, Eve' });
    await handle.unpause('Now, Eve');
    await applySchedule(client, off);
    expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'Now, Eve' });
    await applySchedule(client, on);
    expect((await handle.describe()).state).toMatchObject({ paused: false, note: 'Now, Eve' });
  });

  test('an edit by hand is shown as such, and undone', async () => {
    const name = newName();
    const [want] = make(name, [NIGHTLY]);
    if (want === undefined) throw new Error('no schedule');
    await applySchedule(client, want);
    const handle = client.schedule.getHandle(want.scheduleId);
    await handle.update((before) => ({
      ...before,
      spec: { intervals: [{ every: '1h' }], skip: [{ hour: 3 }] },
      policies: { ...before.policies, catchupWindow: '365 days', overlap: 'TERMINATE_OTHER' },
      action: { ...before.action, args: [{ system: 'other' }], workflowRunTimeout: '1m' },
      state: { ...before.state, remainingActions: 3 },
    }));
    const [shown] = await pending(client, name, [want]);
    expect(shown).toMatchObject({ kind: 'update', byHand: true });
    const fields = shown?.kind === 'update' ? shown.fields : [];
    expect(fields).toEqual(
      expect.arrayContaining([
        { field: 'times', from: 'every 1h except 0 3 * * *', to: '30 4 * * 1-5' },
        { field: 'timeZone', from: 'UTC', to: 'Europe/Berlin' },
        { field: 'overlap', from: 'TERMINATE_OTHER', to: 'skip' },
        { field: 'catchupWindow', from: '365d', to: '1h' },
        { field: 'input.system', from: '"other"', to: JSON.stringify(name) },
        { field: 'runTimeout', from: '1m' },
        { field: 'remainingActions', from: '3' },
      ]),
    );
    await applySchedule(client, want);
    expect(kinds(await pending(client, name, [want]))).toEqual(['unchanged']);
  });

  test('what changed between reading and writing is not overwritten', async () => {
    const name = newName();
    const [want] = make(name, [NIGHTLY]);
    const [later] = make(name, [{ ...NIGHTLY, cron: '0 5 * * *' }]);
    if (want === undefined || later === undefined) throw new Error('no schedule');
    await applySchedule(client, want);
    const seen = await present(want.scheduleId);
    await client.schedule.getHandle(want.scheduleId).pause('At the same moment, Bob');
    await updateSchedule(client, later, seen).catch(() => undefined);
    expect((await present(want.scheduleId)).state).toMatchObject({ paused: true, note: 'At the same moment, Bob' });
    expect((await applySchedule(client, later)).kind).toBe('update');
    expect((await present(want.scheduleId)).state).toMatchObject({ paused: true, note: 'At the same moment, Bob' });
  });

  test("somebody else's schedule under our id is left alone", async () => {
    const name = newName();
    const [want] = make(name, [NIGHTLY]);
    if (want === undefined) throw new Error('no schedule');
    const action = { type: 'startWorkflow' as const, workflowType: 'theirs', taskQueue: 'theirs' };
    await client.schedule.create({ scheduleId: want.scheduleId, spec: { intervals: [{ every: '30d' }] }, action });
    const before = await present(want.scheduleId);
    expect(kinds(await pending(client, name, [want]))).toEqual(['foreign']);
    expect((await applySchedule(client, want)).kind).toBe('foreign');
    expect(await pruneSchedule(client, name, want.scheduleId)).toBe(false);
    const after = await present(want.scheduleId);
    expect({ ...after, raw: undefined }).toEqual({ ...before, raw: undefined });
  });
});

describe('prune', () => {
  test('names only schedules of ours and of that system that nobody describes any more, and deletes only them', async () => {
    const [name, neighbour] = [newName(), newName()];
    const mine = make(name, [NIGHTLY, { ...NIGHTLY, id: 'old' }]);
    const theirs = make(neighbour, [{ ...NIGHTLY, id: 'old' }]);
    await apply(client, [...mine, ...theirs]);
    const foreign = `belay/${name}/foreign`;
    made.add(foreign);
    const action = { type: 'startWorkflow' as const, workflowType: 'theirs', taskQueue: 'theirs' };
    await client.schedule.create({ scheduleId: foreign, spec: { intervals: [{ every: '30d' }] }, action });

    const left = make(name, [NIGHTLY]);
    const old = `belay/${name}/old`;
    // The server's list lags behind.
    let changes = await pending(client, name, left);
    for (let tries = 0; tries < 50 && changes.length < 2; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      changes = await pending(client, name, left);
    }
    expect(changes.map(({ kind, scheduleId }) => [kind, scheduleId])).toEqual([
      ['unchanged', `belay/${name}/nightly`],
      ['prune', old],
    ]);
    await apply(client, left);
    expect(await readSchedule(client, old)).toBeDefined();
    expect(await pruneSchedule(client, neighbour, old)).toBe(false);
    expect(await pruneSchedule(client, name, old)).toBe(true);
    expect(await pruneSchedule(client, name, old)).toBe(false);
    expect(await readSchedule(client, old)).toBeUndefined();
    for (const id of [foreign, `belay/${neighbour}/old`]) expect(await readSchedule(client, id)).toBeDefined();
  });
});

test('a schedule starts the runbook as a person would: id, input, queue, summary, search attributes', async () => {
  const name = newName();
  const queue = `q-${name}`;
  const [want] = make(name, [NIGHTLY], queue);
  if (want === undefined) throw new Error('no schedule');
  await applySchedule(client, want);
  const handle = client.schedule.getHandle(want.scheduleId);
  await handle.trigger();
  let started = (await handle.describe()).info.recentActions.at(-1);
  for (let tries = 0; tries < 100 && started === undefined; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    started = (await handle.describe()).info.recentActions.at(-1);
  }
  const workflowId = started?.action.workflow.workflowId ?? '';
  expect(workflowId).toMatch(new RegExp(`^rollingUpdate/${name}/nightly-\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$`));
  const run = client.workflow.getHandle(workflowId);
  const { type, taskQueue, searchAttributes, memo, staticSummary } = {
    ...(await run.describe()),
    staticSummary: await (await run.describe()).staticSummary(),
  };
  expect({ type, taskQueue }).toEqual({ type: 'rollingUpdate', taskQueue: queue });
  expect(staticSummary).toBe(`Rolling update with automatic rollback: ${name} (Nightly plan)`);
  expect(searchAttributes).toMatchObject({
    BelayRunbook: ['rollingUpdate'],
    BelaySystem: [name],
    BelayRequestedBy: ['schedule:nightly'],
  });
  expect(memo).toMatchObject({ belaySchedule: { hash: want.hash } });
  const { events } = await run.fetchHistory();
  const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  expect(JSON.parse(Buffer.from(payload ?? []).toString())).toEqual({
    system: name,
    changes: [{ workload: 'web', image: 'ghcr.io/acme/web:stable' }],
    dryRun: true,
    reason: 'Nightly plan',
    requestedBy: 'schedule:nightly',
  });
  await run.terminate();
});
