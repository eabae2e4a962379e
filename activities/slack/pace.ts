import { Context } from '@temporalio/activity';
import { LRUCache } from 'lru-cache';
import { slackBusy } from './errors.js';

/** Slack takes about one message per second and channel, and short bursts: https://docs.slack.dev/apis/web-api/rate-limits */
const EVERY_MS = 1_000;
const BURST = 3;
/** Longer waits are left to Temporal, which costs no slot of the worker. */
const LONGEST_WAIT_MS = 2_000;

/** When the next message of each channel may go (generic cell rate algorithm). */
const next = new LRUCache<string, number>({ max: 1_000 });
/** What an activity was promised, so that its next attempt does not stand in line again. */
const promised = new LRUCache<string, number>({ max: 10_000, ttl: 15 * 60_000 });

/** Waits until a message to `channel` may go, or throws `SlackRateLimited`; `to` is for the failure. */
export type Pace = (channel: string, to: string) => Promise<void>;

/** When a message may go that is wanted at `now` (ms), and the channel's new mark. */
export function slotAt(mark: number | undefined, now: number): { slot: number; mark: number } {
  const theoretical = Math.max(mark ?? 0, now);
  return { slot: Math.max(now, theoretical - BURST * EVERY_MS), mark: theoretical + EVERY_MS };
}

/**
 * Waits for the channel's turn, so that a storm of incidents does not run into Slack's limit and come back all at once. For messages about incidents;
 * pages never wait here. A turn that is further off than two seconds is `SlackRateLimited`, to be retried at that time. Per process.
 */
export const awaitTurn: Pace = async (channel, to) => {
  const context = Context.current();
  const { activityId, workflowExecution } = context.info;
  const me = `${workflowExecution?.runId}/${activityId}/${channel}`;
  const now = Date.now();
  let slot = promised.get(me);
  if (slot === undefined) {
    const found = slotAt(next.get(channel), now);
    next.set(channel, found.mark);
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
