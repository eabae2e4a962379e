import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { freePort } from '../../sandbox/kit/ports.js';
import { built } from '../client/cli.js';
import { until } from '../scenarios/until.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';
import { WorkerChild } from './worker.js';

let address: string;
const children: WorkerChild[] = [];

function start(env: Record<string, string> = {}): WorkerChild {
  const evidence = join(mkdtempSync(join(tmpdir(), 'belay-evidence-')), 'evidence');
  const base = { TEMPORAL_ADDRESS: address, BELAY_TASK_QUEUE: `worker-${randomUUID()}`, BELAY_EVIDENCE: evidence };
  const child = new WorkerChild({ ...base, ...env });
  children.push(child);
  return child;
}

beforeAll(async () => {
  const { temporal } = await sandbox('temporal');
  address = temporal?.address ?? '';
  await built();
}, SANDBOX_MS);

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.signal('SIGKILL');
    await child.exited;
  }
});

describe('a worker process', () => {
  test('polls from the prebuilt bundle, answers probes and metrics, and drains on SIGTERM', async () => {
    const metricsPort = await freePort();
    const worker = start({ BELAY_HEALTH_PORT: '0', BELAY_METRICS_PORT: String(metricsPort) });
    const ready = await worker.line('worker ready');
    expect(ready).toMatchObject({ namespace: 'default', temporal: address, queue: expect.stringContaining('worker-') });
    expect(worker.lines.some(({ msg }) => msg?.startsWith('bundling'))).toBe(false);
    const base = `http://127.0.0.1:${String(ready['healthPort'])}`;
    const statuses = await Promise.all(
      ['/healthz', '/readyz', '/other'].map(async (path) => (await fetch(base + path)).status),
    );
    expect(statuses).toEqual([200, 200, 404]);
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toContain('temporal_worker_task_slots_available');
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(worker.lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['draining', 'worker stopped']));
  });

  test('runs a run, and its lines name run, activity and attempt but no input', async () => {
    const queue = `worker-${randomUUID()}`;
    const worker = start({ BELAY_TASK_QUEUE: queue });
    await worker.line('worker ready');
    const connection = await Connection.connect({ address });
    const client = new Client({ connection });
    const workflowId = `rollback/wrong/${randomUUID()}`;
    const run = await client.workflow.start('rollback', {
      ...{ workflowId, taskQueue: queue },
      args: [{ system: 'nowhere', reason: 'a very particular reason', requestedBy: 'alice' }],
    });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'InvalidInput' } });
    await connection.close();
    expect(await worker.line('activity failed')).toMatchObject({
      ...{ workflowId, runId: run.firstExecutionRunId, runbook: 'rollback', activity: 'resolveInput', attempt: 1 },
      type: 'InvalidInput',
    });
    expect(JSON.stringify(worker.lines)).not.toContain('a very particular reason');
  });

  test('a second signal ends it although an activity still runs', async () => {
    const worker = start({ BELAY_SHUTDOWN_GRACE_SECONDS: '600' });
    await worker.line('worker ready');
    worker.signal('SIGTERM');
    worker.signal('SIGINT');
    expect([0, 143]).toContain(await worker.exited);
  });
});

async function pollers(queue: string): Promise<{ workflow: number; activity: number }> {
  const connection = await Connection.connect({ address });
  const ask = async (taskQueueType: number) => {
    const asked = { namespace: 'default', taskQueue: { name: queue }, taskQueueType };
    return (await connection.workflowService.describeTaskQueue(asked)).pollers?.length ?? 0;
  };
  const [workflow, activity] = [await ask(1), await ask(2)];
  await connection.close();
  return { workflow, activity };
}

describe('a host', () => {
  test('has a queue of its own in every worker, for activities only', async () => {
    const queue = `worker-${randomUUID()}`;
    const worker = start({ BELAY_TASK_QUEUE: queue, BELAY_HOST: 'files-1' });
    expect(await worker.line('worker ready')).toMatchObject({ queue, hostQueue: `${queue}-host-files-1` });
    await until('it polls', async () => (await pollers(`${queue}-host-files-1`)).activity > 0);
    expect(await pollers(`${queue}-host-files-1`)).toEqual({ workflow: 0, activity: 1 });
    await until('it polls', async () => (await pollers(queue)).workflow > 0);
  });

  test('has workers that poll nothing else, are ready by it, and drain', async () => {
    const queue = `worker-${randomUUID()}`;
    const env = { BELAY_TASK_QUEUE: queue, BELAY_HOST: 'files-1', BELAY_HOST_ONLY: 'true', BELAY_HEALTH_PORT: '0' };
    const worker = start(env);
    const ready = await worker.line('worker ready');
    expect(ready).not.toHaveProperty('queue');
    expect((await fetch(`http://127.0.0.1:${String(ready['healthPort'])}/readyz`)).status).toBe(200);
    await until('it polls', async () => (await pollers(`${queue}-host-files-1`)).activity > 0);
    expect(await pollers(queue)).toEqual({ workflow: 0, activity: 0 });
    worker.signal('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(worker.lines.map(({ msg }) => msg)).toContain('worker stopped');
  });
});

describe('a worker that cannot work', () => {
  const fatal = (worker: WorkerChild) => String(worker.lines.findLast(({ level }) => level === 'fatal')?.msg);

  test('says so when Temporal is away, with the address and what to do', async () => {
    const worker = start({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
    expect(await worker.exited).toBe(1);
    expect(fatal(worker)).toMatch(/not reachable at 127\.0\.0\.1:\d+.*belay sandbox up/);
    expect(JSON.stringify(worker.lines)).not.toContain('"stack"');
  });

  test('names a namespace that does not exist', async () => {
    const worker = start({ TEMPORAL_NAMESPACE: 'nowhere' });
    expect(await worker.exited).toBe(1);
    expect(fatal(worker)).toContain('Namespace "nowhere" does not exist');
  });

  test('names every wrong variable', async () => {
    const worker = start({ BELAY_HEALTH_PORT: 'x', BELAY_MAX_ACTIVITIES: '0' });
    expect(await worker.exited).toBe(2);
    expect(fatal(worker)).toMatch(/BELAY_HEALTH_PORT.*BELAY_MAX_ACTIVITIES/);
  });

  test('asks for `belay setup` in a namespace without the search attributes', async () => {
    const namespace = `bare-${randomUUID().slice(0, 8)}`;
    const connection = await Connection.connect({ address });
    const day = { seconds: 86_400 as unknown as Long };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day });
    await connection.close();
    const worker = start({ TEMPORAL_NAMESPACE: namespace });
    expect(await worker.exited).toBe(1);
    expect(fatal(worker)).toMatch(/BelayRunbook.*belay setup/);
  });
});

type Long = NonNullable<
  NonNullable<
    Parameters<Connection['workflowService']['registerNamespace']>[0]['workflowExecutionRetentionPeriod']
  >['seconds']
>;
