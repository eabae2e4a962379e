import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { Connection, Client, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createTemporalActivities } from '../../../activities/temporal/index.js';
import { findOrInstall } from '../../../sandbox/kit/program.js';
import { temporalProgram } from '../../../sandbox/temporal/program.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { environment, inActivity } from '../http/inActivity.js';
import { serve } from '../http/serve.js';
import { finish, type holder } from './workflows.js';

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const file = await findOrInstall(temporalProgram, (line) => process.stderr.write(`${line}\n`));
  env = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path: file } } });
  const workflowsPath = path.resolve('test/activities/temporal/workflows.ts');
  worker = await Worker.create({ connection: env.nativeConnection, taskQueue: 'runs', workflowsPath });
  running = worker.run();
}, SANDBOX_MS);
afterAll(async () => {
  worker?.shutdown();
  await running;
  await env?.teardown();
});

test('a service that is away is retried', async () => {
  const away = await serve((_, res) => res.end());
  const connection = Connection.lazy({ address: away.host });
  await away.close();
  const lost = createTemporalActivities({ client: () => new Client({ connection }) });
  await expect(inActivity(lost.describeRun, { workflowId: 'x' })).rejects.toMatchObject({
    type: 'TemporalUnavailable',
    nonRetryable: false,
  });
  await connection.close();
});

/** A worker's activities share its native connection; the CLI and tests connect with gRPC in JavaScript. */
describe.each(['native', 'gRPC'])('over a %s connection', (kind) => {
  const client = () => (kind === 'gRPC' ? env.client : new Client({ connection: env.nativeConnection }));
  const { describeRun, waitForRunEnd, cancelRun } = createTemporalActivities({ client });
  let count = 0;
  function start(
    memo: Record<string, unknown> = {},
  ): Promise<WorkflowHandle<typeof holder> & { firstExecutionRunId: string }> {
    return env.client.workflow.start<typeof holder>('holder', {
      taskQueue: 'runs',
      workflowId: `lock/${kind}/${++count}`,
      memo,
    });
  }

  describe('describeRun', () => {
    test('tells an open run with its memo decoded', async () => {
      const handle = await start({ holder: 'update-7', reason: { text: 'new version' } });
      expect(await inActivity(describeRun, { workflowId: handle.workflowId })).toEqual({
        workflowId: handle.workflowId,
        runId: handle.firstExecutionRunId,
        type: 'holder',
        status: 'RUNNING',
        memo: { holder: 'update-7', reason: { text: 'new version' } },
      });
      await handle.terminate();
    });

    test('is null for a closed run and for one that never was', async () => {
      const handle = await start();
      await handle.terminate();
      expect(await inActivity(describeRun, { workflowId: handle.workflowId })).toBeNull();
      expect(await inActivity(describeRun, { workflowId: 'never-was' })).toBeNull();
    });
  });

  describe('waitForRunEnd', () => {
    test.each<[string, (handle: WorkflowHandle<typeof holder>) => Promise<unknown>]>([
      ['completes', (handle) => handle.signal(finish, 'complete')],
      ['fails', (handle) => handle.signal(finish, 'fail')],
      ['is cancelled', (handle) => handle.cancel()],
      ['is terminated', (handle) => handle.terminate('test')],
      ['continues as new', (handle) => handle.signal(finish, 'again')],
    ])('returns when the run %s', async (_, end) => {
      const handle = await start();
      const context = environment();
      const began = new Promise((resolve) => context.once('heartbeat', resolve));
      const waiting = context.run(waitForRunEnd, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId });
      expect(await began).toEqual({ runId: handle.firstExecutionRunId });
      await end(handle);
      await waiting;
      const waitedFor = env.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
      expect((await waitedFor.describe()).status.name).not.toBe('RUNNING');
      await env.client.workflow
        .getHandle(handle.workflowId)
        .terminate()
        .catch(() => undefined);
    });

    test('goes on polling when polls end without news', async () => {
      const short = createTemporalActivities({ client, pollMs: 100 });
      const handle = await start();
      let over = false;
      const waiting = inActivity(short.waitForRunEnd, { workflowId: handle.workflowId }).then(() => (over = true));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(over).toBe(false);
      await handle.terminate();
      expect(await waiting).toBe(true);
    });

    test('returns at once when nothing is there to wait for', async () => {
      const never = { workflowId: 'never-was' };
      await expect(inActivity(waitForRunEnd, never)).resolves.toBeUndefined();
      const runId = '0198d8a4-0000-7000-8000-000000000000';
      await expect(inActivity(waitForRunEnd, { ...never, runId })).resolves.toBeUndefined();
    });

    test('a retry waits for the run of the first attempt, not for the next holder of the id', async () => {
      const first = await start();
      await first.terminate();
      const second = await env.client.workflow.start<typeof holder>('holder', {
        taskQueue: 'runs',
        workflowId: first.workflowId,
      });
      const heartbeatDetails = { runId: first.firstExecutionRunId };
      await inActivity(waitForRunEnd, { workflowId: first.workflowId }, { attempt: 2, heartbeatDetails });
      expect((await second.describe()).status.name).toBe('RUNNING');
      await second.terminate();
    });

    test('a cancellation ends the wait and leaves the run alone', async () => {
      const handle = await start();
      for (const cancelAfterMs of [0, 200]) {
        const context = environment();
        context.once('heartbeat', () => {
          if (cancelAfterMs === 0) context.cancel('CANCELLED');
          else setTimeout(() => context.cancel('CANCELLED'), cancelAfterMs);
        });
        const waiting = context.run(waitForRunEnd, { workflowId: handle.workflowId });
        await expect(waiting).rejects.toBeInstanceOf(CancelledFailure);
      }
      expect((await handle.describe()).status.name).toBe('RUNNING');
      await handle.terminate();
    });
  });

  describe('cancelRun', () => {
    test('asks once, with the reason in the history, however often it is repeated', async () => {
      const handle = await start();
      const input = {
        workflowId: handle.workflowId,
        runId: handle.firstExecutionRunId,
        reason: 'emergency shutdown of web',
      };
      await inActivity(cancelRun, input);
      await inActivity(cancelRun, input, { attempt: 2 });
      await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) });
      const { events } = await handle.fetchHistory();
      const requests = (events ?? []).flatMap((event) => event.workflowExecutionCancelRequestedEventAttributes ?? []);
      expect(requests.map((request) => request.cause)).toEqual(['emergency shutdown of web']);
      await inActivity(cancelRun, input);
    });

    test('a run that is not there counts as cancelled', async () => {
      const never = { workflowId: 'never-was', runId: '0198d8a4-0000-7000-8000-000000000000', reason: 'x' };
      await expect(inActivity(cancelRun, never)).resolves.toBeUndefined();
    });
  });
});
