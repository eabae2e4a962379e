/** What a review wants to know of one of Belay's own incidents. Times are ms since the epoch. */
export interface PastIncident {
  incident: string;
  severity: string;
  openedAt: number;
  resolvedAt?: number;
  /** First answer of a person, not of a source. */
  firstHumanAckAt?: number;
  /** Pages to people. */
  pages: number;
  /** A person did something about it: resolved it, ran a runbook, worked off its checklist. */
  acted: boolean;
  /** A person did anything at all, a note included. */
  touched: boolean;
  /** How a person marked it. */
  noise?: string;
  alerts: { name: string; since: number }[];
}

/** What a rule was at a review: a hash of its expression, durations and labels. */
export interface RuleMark {
  name: string;
  hash: string;
}

/** Rules as an earlier review saw them. */
export interface EarlierRules {
  /** ISO. */
  at: string;
  rules: RuleMark[];
}

/** A bar chart, or a map of hours (7 rows of 24 values, Monday first). */
export type Chart =
  | { kind: 'bars'; title: string; unit: string; labels: string[]; series: { name: string; values: number[] }[] }
  | { kind: 'week'; title: string; values: number[][] };

export interface ReviewActivities {
  /** Read-only. Reports of incidents of a system that overlap a span (ms), from the evidence store: the newest 1,000. Heartbeats. */
  listIncidents: (input: {
    system: string;
    from: number;
    to: number;
  }) => Promise<{ incidents: PastIncident[]; cut: boolean }>;
  /** Read-only. What the last reviews of a system (at most 20) saw of its rules, the newest first. Heartbeats. */
  listEarlierRules: (input: { system: string }) => Promise<EarlierRules[]>;
  /** Draws a chart as SVG and keeps it like `saveDocument`. */
  saveChart: (input: { path: string[]; chart: Chart }) => Promise<{ reference: string }>;
  /** Keeps plain data as YAML like `saveDocument`, with lines of comment above it; gives the text, too. */
  saveYaml: (input: {
    path: string[];
    header: string[];
    value: unknown;
  }) => Promise<{ reference: string; text: string }>;
}
