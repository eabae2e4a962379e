import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure, TypedSearchAttributes } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createTemporalActivities } from '../../../activities/temporal/index.js';
import { attributes } from '../../../workflows/kit/searchAttributes.js';
import { sandbox, SANDBOX_MS } from '../../setup/sandbox.js';
import { inActivity } from '../http/inActivity.js';

/** Lists are some hundred milliseconds late, on a busy machine more. */
const PATIENCE_MS = 30_000;

let client: Client;
let native: NativeConnection;
let worker: Worker;
let running: Promise<void>;
const taskQueue = `tellers-${randomUUID()}`;
const activities = createTemporalActivities({ client: () => client });

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const address = (await sandbox('temporal')).temporal?.address ?? '';
  client = new Client({ connection: await Connection.connect({ address }) });
  native = await NativeConnection.connect({ address });
  const workflowsPath = path.resolve('test/activities/temporal/workflows.ts');
  worker = await Worker.create({ connection: native, taskQueue, workflowsPath });
  running = worker.run();
}, SANDBOX_MS);
afterAll(async () => {
  worker?.shutdown();
  await running;
  await native?.close();
  await client?.connection.close();
});

async function until<T>(look: () => Promise<T>, enough: (value: T) => boolean): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await look();
    if (enough(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** An open workflow that nobody works on. */
async function stuck(system: string, name: string, deadline: number): Promise<string> {
  const workflowId = `incident/${system}/${name}`;
  await client.workflow.start('incident', {
    workflowId,
    taskQueue: `nobody-${taskQueue}`,
    workflowExecutionTimeout: '10 minutes',
    typedSearchAttributes: new TypedSearchAttributes([
      { key: attributes.system, value: system },
      { key: attributes.severity, value: 'P1' },
      { key: attributes.state, value: 'triggered' },
      { key: attributes.nextDeadline, value: new Date(deadline) },
    ]),
  });
  return workflowId;
}

describe('overdue workflows', () => {
  test('are counted and named; those in time and closed ones are not', async () => {
    const system = `overdue-${randomUUID().slice(0, 8)}`;
    const now = Date.now();
    const late = await Promise.all(['a', 'b', 'c'].map((name) => stuck(system, name, now - 120_000)));
    const inTime = await stuck(system, 'in-time', now + 120_000);
    const closed = await stuck(system, 'closed', now - 120_000);
    await client.workflow.getHandle(closed).terminate();
    const find = (limit: number, watched: string[] = []) =>
      inActivity(activities.findOverdue, { system, before: now - 60_000, limit, watched });
    const found = await until(
      () => find(2, [late[0] ?? '', inTime, closed, "it's"]),
      ({ count }) => count === 3,
    );
    expect(found).toMatchObject({ count: 3, watched: [late[0]] });
    expect(found.first).toHaveLength(2);
    expect(found.first[0]).toMatchObject({
      type: 'incident',
      severity: 'P1',
      state: 'triggered',
      deadline: now - 120_000,
    });
    expect(await inActivity(activities.findOverdue, { system: 'nowhere', before: now, limit: 2, watched: [] })).toEqual(
      {
        ...{ count: 0, first: [], watched: [] },
      },
    );
    const everywhere = await inActivity(activities.findOverdue, { before: now - 60_000, limit: 2, watched: late });
    expect(everywhere.count).toBeGreaterThanOrEqual(3);
    expect(everywhere.watched.toSorted()).toEqual(late);
    await Promise.all([...late, inTime].map((id) => client.workflow.getHandle(id).terminate()));
  });

  test('open ones are listed by type and beginning of the id', async () => {
    const system = `listed-${randomUUID().slice(0, 8)}`;
    const id = await stuck(system, 'a', Date.now());
    const list = (type: string, idPrefix: string) => inActivity(activities.listOpenRuns, { type, idPrefix, limit: 10 });
    expect(
      await until(
        () => list('incident', `incident/${system}/`),
        (ids) => ids.length > 0,
      ),
    ).toEqual([id]);
    expect(await list('alarm', `incident/${system}/`)).toEqual([]);
    expect(await list('incident', `incident/${system}/b`)).toEqual([]);
    await client.workflow.getHandle(id).terminate();
  });
});

describe('incidents', () => {
  const teller = () => client.workflow.start('teller', { workflowId: `teller/${randomUUID()}`, taskQueue });
  const told = {
    view: { incident: 'x', title: 'Told' },
    entries: [{ n: 0, at: 0, kind: 'system', text: 'a' }],
    stored: ['s'],
  };

  /** As the activity's retries do, when a busy machine does not answer a query in time. */
  async function read(workflowId: string): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        return await inActivity(activities.readIncident, { workflowId });
      } catch (error) {
        if (tries === 6 || !(error instanceof ApplicationFailure) || error.nonRetryable) throw error;
      }
    }
  }

  test('are read while they are open and after their end', async () => {
    const { workflowId } = await teller();
    expect(await read(workflowId)).toEqual(told);
    await client.workflow.getHandle(workflowId).signal('event', 1);
    await client.workflow.getHandle(workflowId).result();
    expect(await read(workflowId)).toEqual(told);
  });

  test('unknown ones, and workflows that are no incidents, are null', async () => {
    expect(await read('incident/never/was')).toBeNull();
    const other = await client.workflow.start('holder', { workflowId: `holder/${randomUUID()}`, taskQueue });
    expect(await read(other.workflowId)).toBeNull();
    await other.terminate();
  });

  test('one signal reaches many; those that are gone are given back', async () => {
    const open = await Promise.all(Array.from({ length: 30 }, teller));
    const ids = open.map(({ workflowId }) => workflowId);
    const payload = { type: 'note', text: 'a storm' };
    const workflowIds = [...ids, 'incident/never/was'];
    const answer = await inActivity(activities.signalRuns, { workflowIds, signal: 'event', payload });
    expect(answer).toEqual({ gone: ['incident/never/was'] });
    const results = await Promise.all(open.map((handle) => handle.result()));
    expect(results).toEqual(ids.map(() => [payload]));
  });
});
