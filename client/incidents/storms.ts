import { LRUCache } from 'lru-cache';

/** More than so many new incidents within so long are a storm. */
export interface StormLimit {
  incidents: number;
  withinSeconds: number;
}

const KNOWN_MS = 6 * 3_600_000;
const MAX_KNOWN = 100_000;
const MAX_RULES = 10_000;

/** A new incident that has been counted; taken back when it turns out that it was open already. */
export interface Counted {
  stormy: boolean;
  takeBack(): void;
}

/** Counts new incidents of each rule in a sliding window. In memory: each gateway counts what it has taken itself. */
export class Storms {
  private readonly known: LRUCache<string, string>;
  private readonly windows: LRUCache<string, number[]>;

  /** `now` in ms. */
  constructor(private readonly now: () => number) {
    const clock = { perf: { now }, ttlResolution: 0 };
    this.known = new LRUCache({ max: MAX_KNOWN, ttl: KNOWN_MS, ...clock });
    this.windows = new LRUCache({ max: MAX_RULES });
  }

  /** Whether this incident has been seen lately, so that it is not new. */
  knows(incident: string): boolean {
    return this.known.has(incident);
  }

  /** Remembers an incident with its present run; true when that run was not known. */
  remember(incident: string, runId: string): boolean {
    const before = this.known.get(incident);
    this.known.set(incident, runId);
    return before !== runId;
  }

  /** Counts a new incident of a rule and says whether it is one too many. */
  count(rule: string, { incidents, withinSeconds }: StormLimit): Counted {
    const at = this.now();
    const recent = (this.windows.get(rule) ?? []).filter((time) => time > at - withinSeconds * 1_000);
    // More than one above the limit need not be remembered.
    const window = [...recent, at].slice(-(incidents + 1));
    this.windows.set(rule, window);
    let counts = true;
    const takeBack = (): void => {
      if (!counts) return;
      counts = false;
      const present = this.windows.get(rule) ?? [];
      const index = present.indexOf(at);
      if (index >= 0) this.windows.set(rule, present.toSpliced(index, 1));
    };
    return { stormy: window.length > incidents, takeBack };
  }
}
