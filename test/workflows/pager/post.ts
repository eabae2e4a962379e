import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { PagingActivities } from '../../../activities/incident/types.js';
import { createOncallActivities } from '../../../activities/oncall/index.js';
import type { Page, ResolvedContact } from '../../../activities/oncall/types.js';
import type { Activities } from '../../../activities/types.js';
import type { PagedEvent } from '../../../workflows/incident/types.js';
import type { PagerStatus } from '../../../workflows/pager/messages.js';
import type { PagerRun } from '../../../workflows/pager/workflow.js';
import { inActivity } from '../../activities/http/inActivity.js';
import type { Queue } from '../harness.js';
import { describeSystem, World } from '../world.js';
import { alice, page } from './samples.js';

type Delivery = Parameters<PagingActivities['sendPage']>[0];

/** A pretended post office: notes what is handed in, and does with each channel what the test says. */
export class PostOffice extends World {
  readonly sent: { channel: string; keys: string[]; bundle: string; at: number }[] = [];
  /** By channel; a message through others arrives at once. */
  readonly does = new Map<string, (delivery: Delivery) => Promise<void>>();

  constructor(name = `post-${randomUUID().slice(0, 8)}`) {
    super(describeSystem(name, ['web']));
  }

  override activities(): Partial<Activities> {
    const sendPage: PagingActivities['sendPage'] = async (delivery) => {
      const { contact, bundle } = delivery;
      const keys = bundle.pages.map(({ key }) => key);
      this.sent.push({ channel: contact.channel, keys, bundle: bundle.key, at: Date.now() });
      await this.does.get(contact.channel)?.(delivery);
      return {};
    };
    return { ...super.activities(), sendPage };
  }

  /** What went out, in order: channel and keys. */
  get log(): string[] {
    return this.sent.map(({ channel, keys }) => `${channel} ← ${keys.join(' ')}`);
  }
}

/** A pager of alice and an incident that listens to it. */
export class Scene {
  private constructor(
    readonly queue: Queue,
    readonly incident: WorkflowHandle,
    private readonly input: Partial<PagerRun>,
  ) {}

  static async open(queue: Queue, input: Partial<PagerRun> = {}): Promise<Scene> {
    const workflowId = `incident/${queue.world.system.name}/rule/${randomUUID()}`;
    const { taskQueue } = queue;
    return new Scene(queue, await queue.client.workflow.start('listener', { workflowId, taskQueue }), input);
  }

  get pagerId(): string {
    return `pager/${this.queue.world.system.name}/alice`;
  }

  get pager(): WorkflowHandle {
    return this.queue.client.workflow.getHandle(this.pagerId);
  }

  /** A page of the incident that listens, or of another. */
  async page(key: string, contacts: ResolvedContact[], more: Partial<Page> = {}): Promise<void> {
    const { taskQueue, client, world } = this.queue;
    const one = page(key, { incident: this.incident.workflowId, at: Date.now(), ...more });
    await client.workflow.signalWithStart('pager', {
      workflowId: this.pagerId,
      taskQueue,
      args: [{ system: world.system.name, person: 'alice', ...this.input }],
      signal: 'page',
      signalArgs: [{ page: one, person: alice(...contacts) }],
    });
  }

  /** The activities that an incident uses, over this server. */
  oncall() {
    const { client, taskQueue } = this.queue;
    const activities = createOncallActivities({
      temporal: () => client,
      secrets: { resolve: () => Promise.reject(new Error('no secrets here')) },
    });
    const { pageTargets, recallPages } = activities;
    return {
      pageTargets: (input: Parameters<typeof pageTargets>[0]) => inActivity(pageTargets, input, { taskQueue }),
      recallPages: (input: Parameters<typeof recallPages>[0]) => inActivity(recallPages, input, { taskQueue }),
    };
  }

  async recall(more: { keep?: string[]; at?: number } = {}): Promise<void> {
    const system = this.queue.world.system.name;
    await this.oncall().recallPages({
      system,
      people: ['alice', 'nobody'],
      incident: this.incident.workflowId,
      why: 'answered',
      ...more,
    });
  }

  /** What the incident was told: outcome and channel. */
  async heard(): Promise<string[]> {
    const events = await this.incident.query<PagedEvent[]>('heard');
    return events.map(({ outcome, channel, detail }) => `${outcome} ${channel}${detail ? `: ${detail}` : ''}`);
  }

  status(): Promise<PagerStatus> {
    return this.pager.query<PagerStatus>('pager');
  }

  /** Waits for something that comes within a second or two on a calm machine. */
  async until<T>(what: string, look: () => Promise<T> | T, isSo: (seen: T) => boolean): Promise<T> {
    const end = Date.now() + 60_000;
    for (;;) {
      const seen = await look();
      if (isSo(seen)) return seen;
      if (Date.now() > end) throw new Error(`never: ${what}; last seen: ${JSON.stringify(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
