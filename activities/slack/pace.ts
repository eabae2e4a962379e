import { Context } from '@temporalio/activity';
import { LRUCache } from 'lru-cache';
import { slackBusy } from './errors.js';

/** Slack takes about one message per second and channel, and short bursts: https://docs.slack.dev/apis/web-api/rate-limits */
const EVERY_MS = 1_000;
const BURST = 3;
/** Longer waits are left to Temporal, which costs no slot of the worker. */
const LONGEST_WAIT_MS = 2_000;

/** Waits until a message to `channel` may go, or throws `SlackRateLimited`; `to` is for the failure. */
export type Pace = (channel: string, to: string) => Promise<void>;

/** When a message may go that is wanted at `now` (ms), and the channel's new mark (generic cell rate algorithm). */
export function slotAt(mark: number | undefined, now: number): { slot: number; mark: number } {
  const theoretical = Math.max(mark ?? 0, now);
  return { slot: Math.max(now, theoretical - (BURST - 1) * EVERY_MS), mark: theoretical + EVERY_MS };
}

/**
 * A pace for the messages about incidents, so that a storm of them does not run into Slack's limit and come back all at once; pages never wait
 * for it. A turn that is further off than two seconds is `SlackRateLimited`, to be retried at that time.
 */
export function createPace(clock: () => number = Date.now): Pace {
  const marks = new LRUCache<string, number>({ max: 1_000 });
  /** What an activity was promised, so that its next attempt does not stand in line again. */
  const promised = new LRUCache<string, number>({ max: 10_000, ttl: 15 * 60_000 });

  return async (channel, to) => {
    const context = Context.current();
    const { activityId, workflowExecution } = context.info;
    const me = `${workflowExecution?.runId}/${activityId}/${channel}`;
    const now = clock();
    let slot = promised.get(me);
    if (slot === undefined) {
      const found = slotAt(marks.get(channel), now);
      marks.set(channel, found.mark);
      slot = found.slot;
    }
    const wait = slot - now;
    if (wait > LONGEST_WAIT_MS) {
      promised.set(me, slot);
      throw slackBusy(to, Math.ceil(wait / 1000), 'other messages to the channel go first');
    }
    promised.delete(me);
    if (wait > 0) await context.sleep(wait);
  };
}

/** That of this process. */
export const awaitTurn: Pace = createPace();
