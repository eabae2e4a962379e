import { LRUCache } from 'lru-cache';
import type { SourceAlert } from './port.js';

interface Ended {
  startsAt: number;
  endsAt?: number;
}

/** How long the firing of an ended episode may still be under way: twice the interval in which Alertmanager sends a group again. */
const HELD_MS = 10 * 60_000;
const SEEN_MS = 24 * 3_600_000;
const MAX_EPISODES = 100_000;

/**
 * Knows resolves that have overtaken their firing (two members of an Alertmanager cluster, a repeated request). A resolve whose firing was never seen here
 * is held: when the firing comes after all, it is told as resolved, so that it opens nothing. A resolve in its proper place holds nothing, since an alert
 * may truly fire again with the same start (when Prometheus had lost its Alertmanager).
 */
export class Episodes {
  private readonly seen: LRUCache<string, number>;
  private readonly held: LRUCache<string, Ended>;

  /** `now` in ms. */
  constructor(now: () => number) {
    const clock = { perf: { now }, ttlResolution: 0 };
    this.seen = new LRUCache({ max: MAX_EPISODES, ttl: SEEN_MS, ...clock });
    this.held = new LRUCache({ max: MAX_EPISODES, ttl: HELD_MS, ...clock });
  }

  /** The alert as it is to be told, and whether that differs from what was sent. */
  take(alert: SourceAlert): { alert: SourceAlert; held: boolean } {
    const { fingerprint, startsAt } = alert;
    if (alert.status === 'resolved') {
      if ((this.seen.get(fingerprint) ?? -1) < startsAt)
        this.held.set(fingerprint, { startsAt, ...(alert.endsAt !== undefined && { endsAt: alert.endsAt }) });
      return { alert, held: false };
    }
    const ended = this.held.get(fingerprint);
    if (ended && startsAt <= ended.startsAt) return { alert: { ...alert, ...ended, status: 'resolved' }, held: true };
    this.seen.set(fingerprint, Math.max(startsAt, this.seen.get(fingerprint) ?? 0));
    return { alert, held: false };
  }
}
