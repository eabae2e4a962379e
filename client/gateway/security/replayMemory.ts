import { LRUCache } from 'lru-cache';

export interface ReplayMemory<T> {
  /**
   * Does the work of a delivery once: a repeat of the key, also while the work is under way, gets the same result. Work that throws is
   * forgotten, so that the sender's next try does it. `first` is false for a repeat.
   */
  once(key: string, work: () => Promise<T>): Promise<{ first: boolean; value: T }>;
  /** How many deliveries are remembered. */
  readonly size: number;
}

export interface ReplayOptions {
  ttlMs: number;
  /** The oldest are forgotten first; what Temporal has taken is still taken once, by its request id. */
  max?: number;
  /** Clock in ms, for tests. */
  now?: () => number;
}

/** Remembers deliveries of this process. Only what has proved its signature may be put in, or strangers could fill it. */
export function createReplayMemory<T>({ ttlMs, max = 100_000, now }: ReplayOptions): ReplayMemory<T> {
  const seen = new LRUCache<string, { work: Promise<T> }>({
    max,
    ttl: ttlMs,
    ...(now ? { perf: { now }, ttlResolution: 0 } : {}),
  });
  return {
    async once(key, work) {
      const known = seen.get(key);
      if (known) return { first: false, value: await known.work };
      const entry = { work: work() };
      seen.set(key, entry);
      try {
        return { first: true, value: await entry.work };
      } catch (error) {
        if (seen.peek(key) === entry) seen.delete(key);
        throw error;
      }
    },
    get size() {
      return seen.size;
    },
  };
}

/** Twice the freshness of Slack's time stamps, in either direction. */
export const slackMemoryMs = 10 * 60_000;
/** As long as PagerDuty may deliver again. */
export const pagerdutyMemoryMs = 48 * 3_600_000;
/** A clock of the sender that runs ahead by more than this is taken for a forgery. */
const aheadMs = 10 * 60_000;

/** Whether a PagerDuty event is so old (or so far in the future) that the memory cannot vouch for it any more. */
export function outsideMemory(occurredAt: number, nowMs: number): boolean {
  return nowMs - occurredAt > pagerdutyMemoryMs || occurredAt - nowMs > aheadMs;
}
