import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';
import { Harness } from '../workflows/harness.js';
import type { Queue } from '../workflows/harness.js';
import { describeSystem, World } from '../workflows/world.js';
import { belay, built } from './cli.js';
import type { Ran } from './cli.js';

// The command runs as a child process against a real Temporal; the workflows are real, only the cluster is pretended.
let harness: Harness;
let address: string;
beforeAll(async () => {
  harness = await Harness.start();
  address = (await sandbox('temporal')).temporal?.address ?? '';
  await built();
}, SANDBOX_MS);
afterAll(() => harness.stop());

interface Place {
  world: World;
  queue: Queue;
  env: Record<string, string>;
  cli: (...args: string[]) => Promise<Ran>;
  /** Arguments of an update of workload `a` to this image, by `alice`. */
  update: (image: string, more?: object) => string[];
}

/** A system, a worker for it, and the command set up for both. */
async function place(body: (place: Place) => Promise<void>): Promise<void> {
  const name = `cli-${randomUUID().slice(0, 8)}`;
  const world = new World(describeSystem(name, ['a', 'b']));
  const systems = mkdtempSync(join(tmpdir(), 'belay-systems-'));
  writeFileSync(join(systems, `${name}.yaml`), stringify(world.system));
  await harness.with(world, async (queue) => {
    const env = {
      ...{ TEMPORAL_ADDRESS: address, BELAY_TASK_QUEUE: queue.taskQueue, BELAY_SYSTEMS: systems },
      BELAY_ACTOR: 'alice',
    };
    const cli = (...args: string[]) => belay(args, env);
    const update = (image: string, more = {}) => {
      const input = { system: name, changes: [{ workload: 'a', image }], reason: 'release', ...more };
      return ['rollingUpdate', '--input', JSON.stringify(input)];
    };
    await body({ world, queue, env, cli, update });
  });
}

const started = (ran: Ran) => JSON.parse(ran.stdout) as { workflowId: string; runId: string };

describe('start, watch, plan, report', () => {
  test('an update that succeeds: lines in a pipe, exit code 0, requester from BELAY_ACTOR', async () => {
    await place(async ({ cli, update, world }) => {
      const ran = await cli('start', ...update('app:2'), '--watch');
      expect(ran).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/Started rollingUpdate\/cli-.*\/\d{8}-\d{6}-/),
      });
      expect(ran.stdout).toMatch(/✔ Update a \(/);
      expect(ran.stdout).toMatch(/succeeded: /);
      expect(ran.stdout).not.toContain('\u001b');
      expect(world.images()['a']).toBe('app:2');
      const [row] = JSON.parse((await cli('report', '--list', '--json', '--system', world.system.name)).stdout) as {
        outcome: string;
        requestedBy: string;
        workflowId: string;
      }[];
      expect(row).toMatchObject({ outcome: 'succeeded', requestedBy: 'alice' });
      const report = await cli('report', row?.workflowId ?? '');
      expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining('## Steps') });
    });
  });

  test('an update that is rolled back ends with 4, and so do watch and report of it', async () => {
    await place(async ({ cli, update, world }) => {
      const run = started(await cli('start', ...update('app:2-bad'), '--json'));
      const watched = await cli('watch', run.workflowId);
      expect(watched).toMatchObject({ code: 4, stdout: expect.stringContaining('RolledBack: ') });
      const report = await cli('report', run.workflowId, '--json');
      expect(report.code).toBe(4);
      expect(JSON.parse(report.stdout)).toMatchObject({ outcome: 'RolledBack', runId: run.runId });
      expect(world.images()['a']).toBe('app:1');
    });
  });

  test('watch --json gives one object per change, the last with the end', async () => {
    await place(async ({ cli, update }) => {
      const ran = await cli('start', ...update('app:2'), '--watch', '--json');
      const looks = ran.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { end?: { outcome: string } });
      expect(looks.at(-1)).toMatchObject({ end: { outcome: 'succeeded' }, status: { phase: 'done' } });
    });
  });

  test('plan changes nothing and prints steps and hash', async () => {
    await place(async ({ cli, update, world }) => {
      const ran = await cli('plan', ...update('app:2'));
      expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/plan hash: \w+/) });
      expect(world.writes).toEqual([]);
    });
  });

  test('the same id cannot run twice; without a worker the start warns', async () => {
    await place(async ({ cli, update, queue, world, env }) => {
      const id = `once-${queue.taskQueue}`;
      const input = update('app:2', { requireApproval: true });
      expect(await cli('start', ...input, '--id', id)).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
      const again = await cli('start', ...input, '--id', id);
      expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/goes on.*belay watch/) });
      expect(await cli('reject', id, '--reason', 'enough')).toMatchObject({ code: 0 });
      const lonely = await belay(['start', ...update('app:2'), '--id', `lonely-${world.system.name}`], {
        ...{ ...env, BELAY_TASK_QUEUE: `nobody-${world.system.name}` },
      });
      expect(lonely).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/no worker polls the queue.*belay worker/),
      });
      await harness.client.workflow.getHandle(`lonely-${world.system.name}`).terminate('end of the test');
      const ended = await cli('watch', `lonely-${world.system.name}`);
      expect(ended).toMatchObject({ code: 8, stdout: expect.stringContaining('Terminated') });
    });
  });
});

describe('people', () => {
  test('approve: shows the plan, refuses the requester, takes another person, and the run goes on', async () => {
    await place(async ({ cli, update, world, queue }) => {
      const id = `approve-${queue.taskQueue}`;
      await cli('start', ...update('app:2', { requireApproval: true }), '--id', id);
      const waiting = await cli('watch', id, '--timeout', '3');
      expect(waiting).toMatchObject({ code: 9, stdout: expect.stringMatching(/waits for approval.*\n.*--plan-hash/) });
      const own = await cli('approve', id, '--yes');
      expect(own).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/plan hash: [^]*Refused: .*alice asked for this run/),
      });
      const blind = await cli('approve', id, '--as', 'bob');
      expect(blind).toMatchObject({ code: 2, stderr: expect.stringContaining('--plan-hash') });
      expect(world.writes).toEqual([]);
      const bob = await cli('approve', id, '--as', 'bob', '--yes', '--reason', 'seen');
      expect(bob).toMatchObject({ code: 0, stdout: expect.stringContaining('Accepted') });
      expect((await cli('watch', id)).code).toBe(0);
      expect(world.images()['a']).toBe('app:2');
    });
  });

  test('reject ends the run with 3; a repeat with the same request id is answered the same', async () => {
    await place(async ({ cli, update, queue }) => {
      const id = `reject-${queue.taskQueue}`;
      await cli('start', ...update('app:2', { requireApproval: true }), '--id', id);
      await cli('watch', id, '--timeout', '2');
      const first = await cli('reject', id, '--as', 'bob', '--reason', 'not today', '--request-id', 'r1', '--json');
      expect(JSON.parse(first.stdout)).toMatchObject({ accepted: true, requestId: 'r1' });
      expect((await cli('watch', id)).code).toBe(3);
      const late = await cli('abort', id, '--reason', 'late');
      expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('no open run') });
    });
  });

  test('cancel is an abort: the run undoes what it did and ends with 4', async () => {
    await place(async ({ cli, update, world, queue }) => {
      const id = `cancel-${queue.taskQueue}`;
      let watching = (): void => undefined;
      const reached = new Promise<void>((resolve) => (watching = resolve));
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      world.onWatch = async (_workload, image) => {
        if (image !== 'app:2') return;
        watching();
        await held;
      };
      await cli('start', ...update('app:2'), '--id', id);
      await reached;
      expect(await cli('cancel', id)).toMatchObject({ code: 0, stdout: expect.stringContaining('belay abort') });
      const watched = cli('watch', id);
      release();
      expect((await watched).code).toBe(4);
      expect(world.images()['a']).toBe('app:1');
    });
  });

  test('a run that does not exist is named as such', async () => {
    await place(async ({ cli }) => {
      for (const args of [
        ['watch', 'nothing'],
        ['report', 'nothing'],
      ]) {
        expect(await cli(...args)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('There is no run nothing'),
        });
      }
    });
  });
});

describe('setup and doctor', () => {
  test('setup registers what is missing, once', async () => {
    const namespace = `setup-${randomUUID().slice(0, 8)}`;
    const seconds = 86_400 as never;
    await harness.client.connection.workflowService.registerNamespace({
      ...{ namespace, workflowExecutionRetentionPeriod: { seconds } },
    });
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    const first = JSON.parse((await belay(['setup', '--json'], env)).stdout) as { registered: string[] };
    expect(first.registered).toContain('BelayTarget');
    expect(first.registered).toHaveLength(8);
    expect(await belay(['setup'], env)).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') });
  });

  test('doctor finds a run that is held and its locks, and is red', async () => {
    await place(async ({ cli, update, world, queue }) => {
      const id = `held-${queue.taskQueue}`;
      const a = world.workloads.get('a');
      if (a) a.healthy = false;
      await cli('start', ...update('app:2'), '--id', id);
      await cli('watch', id, '--timeout', '2');
      const { code, stdout, stderr } = await cli('doctor', '--system', world.system.name);
      expect(code).toBe(1);
      expect(stdout + stderr).toMatch(new RegExp(`✘ ${id}: held for 0 min \\(notHealthyBefore\\)`));
      expect(stdout).toContain(`belay accept|abort ${id}`);
      expect(stdout).toMatch(/✔ search attributes: registered/);
      expect(stdout).toMatch(/✘ kubernetes: .*KUBECONFIG/);
      await cli('abort', id, '--reason', 'end of the test');
    });
  });
});
