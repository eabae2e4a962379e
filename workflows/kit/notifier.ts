import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { Notification, NotificationKind } from '../../activities/types.js';
import type { System } from '../../systems/schema.js';
import { outbox } from './activities.js';

/** For channels that show several messages as one. */
export type About = Pick<Notification, 'topic' | 'ongoing'>;

/** Longest time that the end of a run waits for messages still on their way. */
const LAST_POST_MS = 10_000;

/** Sends messages to people beside the procedure: nothing ever waits for them, and a cancel does not stop them. */
export class Notifier {
  private sent = 0;
  private pending = 0;

  send(system: System, kind: NotificationKind, title: string, text: string, about: About = {}): void {
    this.sendThrough(system, system.notify[kind], kind, title, text, about);
  }

  /** Through these channels instead of those that the system names for the kind. */
  sendThrough(
    system: System,
    channels: readonly string[],
    kind: NotificationKind,
    title: string,
    text: string,
    about: About = {},
  ): void {
    const { workflowId, runId } = workflowInfo();
    this.sent += 1;
    const notification = {
      kind,
      key: `${workflowId}/${runId}/${this.sent}`,
      title,
      text: text.slice(0, 3_000),
      workflowId,
      ...about,
    };
    for (const channelName of channels) {
      const channel = system.channels[channelName];
      if (!channel) continue;
      this.pending += 1;
      void CancellationScope.nonCancellable(() =>
        outbox(`Tell ${channelName}: ${title}`.slice(0, 190)).notify({ channelName, channel, notification }),
      )
        .catch(() => undefined)
        .finally(() => {
          this.pending -= 1;
        });
    }
  }

  /** Gives the last messages a moment before the run closes. */
  async drain(): Promise<void> {
    if (this.pending > 0) await condition(() => this.pending === 0, LAST_POST_MS, { summary: 'Last messages go out' });
  }
}
