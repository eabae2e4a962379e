import type { PastIncident } from '../../activities/alertReview/types.js';
import type { Matcher } from '../../activities/alertmanager/types.js';
import type { AlertRule } from '../../activities/prometheus/types.js';

/** Plain JSON throughout. Instants and durations in seconds. */

/** One firing of one alert, and what Belay knows of it. */
export interface Episode {
  /** Tells label sets from one another. */
  series: string;
  labels: Record<string, string>;
  start: number;
  end: number;
  minuteOfWeek: number;
  /** It began before the span, or goes on after it: its duration is not known. */
  complete: boolean;
  /** A silence covered its beginning: maintenance. */
  silenced: boolean;
  /** Index in the history's incidents. */
  incident?: number;
}

/** What one alerting rule did in the span. */
export interface AlertHistory {
  /** The alert's name; with the group where several rules share it. */
  alert: string;
  name: string;
  /** Absent when the rule is gone. */
  rule?: AlertRule;
  episodes: Episode[];
  incidents: PastIncident[];
  /** Some of its incidents were of an urgent severity. */
  urgent: boolean;
}

/** When a rule was seen to change; `since` alone when no review saw a change. ISO. */
export interface RuleChange {
  since?: string;
  after?: string;
  by?: string;
}

export interface AlertFigures {
  alert: string;
  firings: number;
  /** Distinct label sets. */
  fingerprints: number;
  /** Of the complete firings; null when there is none. */
  medianSeconds: number | null;
  p95Seconds: number | null;
  /** Share under five minutes, of the complete ones. */
  shortShare: number | null;
  /** Under five minutes, ended by the source, nobody answered or did anything, no maintenance. */
  falsePositives: number;
  incidents: number;
  /** Share of the incidents that a person answered. */
  ackRate: number | null;
  nightShare: number | null;
  pages: number;
  pagesPerFiring: number;
  /** Share of the incidents in which a person did something, and which nobody marked as noise. */
  actionableRatio: number | null;
  /** How people marked incidents: mark → count. */
  noise: Record<string, number>;
  ruleChange: RuleChange;
}

/** What a set of firings amounts to. */
export interface Effect {
  firings: number;
  falsePositives: number;
  night: number;
  pages: number;
}

export interface Proposal {
  /** `for/HighErrorRate`. */
  id: string;
  kind: 'for' | 'keepFiringFor' | 'threshold' | 'silence' | 'inhibit';
  alert: string;
  change: string;
  why: string;
  /** What it costs, where it costs something. */
  cost?: string;
  before: Effect;
  after: Effect;
  /** New fields of the rule. */
  rule?: { for?: string; keep_firing_for?: string; expr?: string };
  silence?: { matchers: Matcher[]; hours: number };
  inhibit?: { source_matchers: string[]; target_matchers: string[]; equal: string[] };
}
