import type { AlertFigures, AlertHistory, Effect, Episode, RuleChange } from './types.js';

/** Shorter ones that nobody had to do anything about are false positives. */
export const SHORT = 300;

/** Night by the clock on the wall, in minutes of the day; it may go over midnight. */
export interface Night {
  from: number;
  to: number;
}

export const duration = ({ start, end }: Pick<Episode, 'start' | 'end'>): number => end - start;

/** Nearest-rank quantile; null for nothing. */
export function quantile(values: readonly number[], q: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

export function isNight({ minuteOfWeek }: Pick<Episode, 'minuteOfWeek'>, { from, to }: Night): boolean {
  const minute = minuteOfWeek % 1_440;
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** A person answered it, or did anything about it. */
export function wasHandled(history: AlertHistory, { incident }: Pick<Episode, 'incident'>): boolean {
  const one = incident === undefined ? undefined : history.incidents[incident];
  return one !== undefined && (one.firstHumanAckAt !== undefined || one.acted || one.touched);
}

/** Ended by its source within five minutes, nobody answered or did anything, and no maintenance. */
export const isFalsePositive = (history: AlertHistory, episode: Episode): boolean =>
  episode.complete && duration(episode) < SHORT && !episode.silenced && !wasHandled(history, episode);

/** What some of the firings of an alert amount to. Pure. */
export function effectOf(history: AlertHistory, episodes: readonly Episode[], night: Night): Effect {
  const reached = new Set(episodes.flatMap(({ incident }) => incident ?? []));
  return {
    firings: episodes.length,
    falsePositives: episodes.filter((episode) => isFalsePositive(history, episode)).length,
    night: episodes.filter((episode) => isNight(episode, night)).length,
    pages: [...reached].reduce((sum, at) => sum + (history.incidents[at]?.pages ?? 0), 0),
  };
}

/** Figures of one alert over the span. Pure. */
export function figuresOf(history: AlertHistory, night: Night, ruleChange: RuleChange): AlertFigures {
  const { alert, episodes, incidents } = history;
  const durations = episodes.filter(({ complete }) => complete).map(duration);
  const noise: Record<string, number> = {};
  for (const { noise: mark } of incidents) if (mark !== undefined) noise[mark] = (noise[mark] ?? 0) + 1;
  const pages = incidents.reduce((sum, one) => sum + one.pages, 0);
  const useless = new Set(['falsePositive', 'notActionable']);
  return {
    alert,
    firings: episodes.length,
    fingerprints: new Set(episodes.map(({ series }) => series)).size,
    medianSeconds: quantile(durations, 0.5),
    p95Seconds: quantile(durations, 0.95),
    shortShare: share(durations.filter((one) => one < SHORT).length, durations.length),
    falsePositives: episodes.filter((episode) => isFalsePositive(history, episode)).length,
    incidents: incidents.length,
    ackRate: share(incidents.filter(({ firstHumanAckAt }) => firstHumanAckAt !== undefined).length, incidents.length),
    nightShare: share(episodes.filter((episode) => isNight(episode, night)).length, episodes.length),
    pages,
    pagesPerFiring: episodes.length === 0 ? 0 : pages / episodes.length,
    actionableRatio: share(
      incidents.filter(({ acted, noise: mark }) => acted && !(mark !== undefined && useless.has(mark))).length,
      incidents.length,
    ),
    noise,
    ruleChange,
  };
}
