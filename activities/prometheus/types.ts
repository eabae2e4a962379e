/** Where a Prometheus is, as the system's description says. */
export interface PrometheusPlace {
  url: string;
  timeoutSeconds: number;
}

/**
 * One firing: when it was first and last seen firing (seconds since the epoch, the end with one step added, since it was over only then),
 * and the minute of the week at which it began in the asked zone (Monday 00:00 is 0).
 */
export type Firing = [start: number, end: number, minuteOfWeek: number];

/** Firings of one alert with one set of labels, the oldest first. Labels are untrusted. */
export interface FiringSeries {
  labels: Record<string, string>;
  firings: Firing[];
}

/** Firings of a span. Those that begin at `from` may be older, those that end at `to` may go on. */
export interface Firings {
  from: number;
  to: number;
  /** Distance of the looks, seconds: firings between two of them are not seen. */
  stepSeconds: number;
  series: FiringSeries[];
  /** There were more than the review takes. */
  cut: boolean;
}

/** `left op value`, where an expression is that. */
export interface Comparison {
  left: string;
  op: '>' | '>=' | '<' | '<=';
  value: number;
}

export interface AlertRule {
  name: string;
  group: string;
  file: string;
  /** PromQL. */
  query: string;
  /** `for`, in seconds. */
  forSeconds: number;
  keepFiringForSeconds: number;
  labels: Record<string, string>;
  /** Of its group. */
  intervalSeconds: number;
  /** `ok`, `err` or `unknown`. */
  health: string;
  comparison?: Comparison;
}

export interface AlertReviewActivities {
  /** Read-only. Alerting rules, the first 1,000. Failures: `PrometheusRefused` final, `PrometheusUnavailable` retried. */
  readAlertRules: (input: PrometheusPlace) => Promise<{ rules: AlertRule[]; cut: boolean }>;
  /**
   * Read-only. Firings between two instants (seconds since the epoch) from the series `ALERTS`, asked for piece by piece. `match`: label →
   * regular expression for its whole value. Heartbeats. Failures as above.
   */
  readFirings: (
    input: PrometheusPlace & {
      from: number;
      to: number;
      stepSeconds: number;
      match: Record<string, string>;
      timeZone: string;
    },
  ) => Promise<Firings>;
  /**
   * Read-only. For each firing of a rule with a comparison the level that it held for the rule's `for`: with a threshold beyond it the alert
   * would not have fired. Null where Prometheus has no values. At most 60 firings. Heartbeats. Failures as above.
   */
  readLevels: (
    input: PrometheusPlace & {
      comparison: Comparison;
      forSeconds: number;
      stepSeconds: number;
      firings: { labels: Record<string, string>; start: number; end: number }[];
    },
  ) => Promise<(number | null)[]>;
}
