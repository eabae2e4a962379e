import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { sandbox } from '../../setup/sandbox.js';
import { endSignal, keptQuery } from './double.js';
import type { Kept } from './double.js';

/** A real Temporal with doubles of incidents. */
export class Place {
  private constructor(
    readonly client: Client,
    readonly address: string,
    private readonly native: NativeConnection,
    private readonly code: string,
  ) {}

  static async start(): Promise<Place> {
    const address = (await sandbox('temporal')).temporal?.address;
    if (address === undefined) throw new Error('the sandbox has no Temporal');
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const workflowsPath = new URL('double.ts', import.meta.url).pathname;
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    return new Place(new Client({ connection }), address, native, code);
  }

  async stop(): Promise<void> {
    await this.native.close();
    await this.client.connection.close();
  }

  /** Runs `body` while a worker plays the incidents of a queue. */
  async playing<T>(body: (queue: string) => Promise<T>, queue = `incidents-${randomUUID()}`): Promise<T> {
    const worker = await Worker.create({
      connection: this.native,
      taskQueue: queue,
      workflowBundle: { code: this.code },
      shutdownGraceTime: 0,
    });
    return worker.runUntil(body(queue));
  }

  /** What has reached an incident. */
  kept(incident: string): Promise<Kept> {
    return this.client.workflow.getHandle(incident).query(keptQuery);
  }

  /** Lets an incident end. */
  async end(incident: string): Promise<void> {
    const handle = this.client.workflow.getHandle(incident);
    await handle.signal(endSignal);
    await handle.result();
  }

  /** Whether any run of that id was ever started. */
  async exists(incident: string): Promise<boolean> {
    try {
      await this.client.workflow.getHandle(incident).describe();
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowNotFoundError') return false;
      throw error;
    }
  }
}

/** A system's name that no other test uses. */
export const newName = (): string => `shop-${randomUUID().slice(0, 8)}`;
