import { randomUUID } from 'node:crypto';
import {
  Client,
  Connection,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createTemporalActivities } from '../../activities/temporal/index.js';
import { workflowTime } from '../../worker/run.js';
import type { Report, RunStatus } from '../../workflows/kit/types.js';
import type { VerbAnswer, VerbInput } from '../../workflows/kit/messages.js';
import { sandbox } from '../setup/sandbox.js';
import type { World } from './world.js';

/** How long a test waits for something that comes within a second on a calm machine. */
const PATIENCE_MS = 60_000;

/** Waits until a condition beside the run holds, such as a message that has arrived. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A real Temporal server and a worker with the real workflows over a pretended world. */
export class Harness {
  private constructor(
    readonly client: Client,
    private readonly native: NativeConnection,
    private readonly bundle: string,
  ) {}

  static async start(entry = new URL('../../workflows/index.ts', import.meta.url).pathname): Promise<Harness> {
    const { temporal } = await sandbox('temporal');
    if (!temporal) throw new Error('the sandbox has no Temporal');
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const connection = await Connection.connect({ address: temporal.address });
    const native = await NativeConnection.connect({ address: temporal.address });
    const { code } = await bundleWorkflowCode({ workflowsPath: entry, logger: new DefaultLogger('ERROR') });
    return new Harness(new Client({ connection }), native, code);
  }

  async stop(): Promise<void> {
    await this.native.close();
    await this.client.connection.close();
  }

  /** Runs `body` while a worker of this world polls a queue of its own, or one that an earlier worker has left. */
  async with<T>(world: World, body: (queue: Queue) => Promise<T>, taskQueue = `test-${randomUUID()}`): Promise<T> {
    const worker = await Worker.create({
      connection: this.native,
      taskQueue,
      ...workflowTime,
      workflowBundle: { code: this.bundle },
      activities: { ...createTemporalActivities({ client: () => this.client }), ...world.activities() },
      maxHeartbeatThrottleInterval: 200,
      shutdownGraceTime: 0,
    });
    return worker.runUntil(body(new Queue(this.client, taskQueue, world)));
  }
}

/** Starts and steers runs on one task queue. */
export class Queue {
  constructor(
    readonly client: Client,
    readonly taskQueue: string,
    readonly world: World,
  ) {}

  start(runbook: string, input: object): Promise<Running> {
    const workflowId = `${runbook}/${this.world.system.name}/${randomUUID()}`;
    return this.client.workflow
      .start(runbook, { workflowId, taskQueue: this.taskQueue, args: [{ system: this.world.system.name, ...input }] })
      .then((handle) => new Running(handle));
  }
}

export class Running {
  constructor(readonly handle: WorkflowHandle) {}

  status(): Promise<RunStatus> {
    return this.handle.query<RunStatus>('status');
  }

  verb(name: string, input: VerbInput): Promise<VerbAnswer> {
    return this.handle.executeUpdate<VerbAnswer, [VerbInput]>(name, { args: [input] });
  }

  /** Why the run refuses a verb. */
  async refusal(name: string, input: VerbInput): Promise<string> {
    try {
      await this.verb(name, input);
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError && error.cause) return error.cause.message;
      throw error;
    }
    throw new Error(`${name} was accepted where a refusal was expected`);
  }

  /** Waits until the run's status satisfies the predicate. */
  async until(what: string, predicate: (status: RunStatus) => boolean): Promise<RunStatus> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const status = await this.status();
      if (predicate(status)) return status;
      if (Date.now() > end)
        throw new Error(`never: ${what}; the run stands at ${JSON.stringify(status, null, 1).slice(0, 3_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async report(): Promise<Report> {
    return (await this.handle.result()) as Report;
  }

  /** The typed failure that the run ends with, and the report in it. */
  async failure(): Promise<{ type: string; message: string; report: Report }> {
    try {
      await this.handle.result();
    } catch (error) {
      if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) {
        return {
          type: error.cause.type ?? '',
          message: error.cause.message,
          report: error.cause.details?.[0] as Report,
        };
      }
      throw error;
    }
    throw new Error('the run succeeded where a failure was expected');
  }

  /** Names of the activities that the history shows as scheduled. */
  async activities(): Promise<string[]> {
    const history = await this.handle.fetchHistory();
    return (history.events ?? []).flatMap(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
    );
  }
}
