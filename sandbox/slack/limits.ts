/** A limit of Slack: calls of one method in 60 seconds, perhaps counted for each channel. https://docs.slack.dev/apis/web-api/rate-limits */
export interface SlackLimit {
  method: string;
  perMinute: number;
  perChannel?: boolean;
}

const WINDOW_MS = 60_000;

/** Counts calls against limits. */
export class Limits {
  private readonly taken = new Map<string, number[]>();

  constructor(private readonly limits: SlackLimit[]) {}

  /** Counts a call at `now` (ms). Seconds to wait if it is one too many, else `undefined`; a refused one does not count. */
  take(method: string, channel: unknown, now: number): number | undefined {
    const limit = this.limits.find((one) => one.method === method);
    if (!limit) return undefined;
    const key = limit.perChannel ? `${method} ${String(channel)}` : method;
    const recent = (this.taken.get(key) ?? []).filter((time) => time > now - WINDOW_MS);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= limit.perMinute) return Math.ceil((oldest + WINDOW_MS - now) / 1000);
    this.taken.set(key, [...recent, now]);
    return undefined;
  }

  clear(): void {
    this.taken.clear();
  }
}
