const WINDOW_MS = 60_000;

/** The vendor's limit: so many requests of a token in any 60 seconds. */
export class RateLimit {
  private taken: number[] = [];

  constructor(private readonly perMinute: number) {}

  /** Counts a request at `now` (ms). Seconds to wait if it is one too many, else `undefined`; a refused one does not count. */
  take(now: number): number | undefined {
    this.taken = this.taken.filter((time) => time > now - WINDOW_MS);
    const [oldest] = this.taken;
    if (oldest !== undefined && this.taken.length >= this.perMinute)
      return Math.ceil((oldest + WINDOW_MS - now) / 1000);
    this.taken.push(now);
    return undefined;
  }

  clear(): void {
    this.taken = [];
  }
}
