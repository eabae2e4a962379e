import type { PastIncident } from '../../../activities/alertReview/types.js';
import type { AlertRule, Firing, Firings } from '../../../activities/prometheus/types.js';
import type { AlertHistory } from '../../../workflows/alertReview/types.js';
import { historiesOf, type Sources } from '../../../workflows/alertReview/histories.js';

/** A span of one week, with a look each 30 seconds. */
export const FROM = 1_700_000_000;
export const TO = FROM + 7 * 86_400;
export const STEP = 30;
export const NIGHT = { from: 22 * 60, to: 6 * 60 };

export const rule = (name: string, more: Partial<AlertRule> = {}): AlertRule => ({
  name,
  group: 'shop',
  file: 'shop.yml',
  query: 'errors > 5',
  forSeconds: 60,
  keepFiringForSeconds: 0,
  labels: {},
  intervalSeconds: STEP,
  health: 'ok',
  comparison: { left: 'errors', op: '>', value: 5 },
  ...more,
});

/** Begins so many seconds after the span's begin and lasts so long; by day unless told otherwise. */
export const firing = (at: number, lasts: number, minuteOfWeek = 720): Firing => [
  FROM + at,
  FROM + at + lasts,
  minuteOfWeek,
];

export const firings = (series: [labels: Record<string, string>, firings: Firing[]][]): Firings => ({
  from: FROM,
  to: TO,
  stepSeconds: STEP,
  series: series.map(([labels, list]) => ({ labels, firings: list })),
  cut: false,
});

/** An incident of an alert that began so many seconds after the span. */
export const incident = (alert: string, at: number, more: Partial<PastIncident> = {}): PastIncident => ({
  incident: `incident/shop/${alert}/${at}`,
  severity: 'P2',
  openedAt: (FROM + at) * 1_000,
  resolvedAt: (FROM + at + 120) * 1_000,
  pages: 1,
  acted: false,
  touched: false,
  alerts: [{ name: alert, since: (FROM + at) * 1_000 }],
  ...more,
});

export const answered = { firstHumanAckAt: 1, acted: true, touched: true };

export function histories(sources: Partial<Sources>): AlertHistory[] {
  return historiesOf({ rules: [], firings: firings([]), silences: [], incidents: [], urgent: ['P1'], ...sources });
}

/** The history of one alert with one label set. */
export function history(
  list: Firing[],
  sources: Partial<Sources> = {},
  labels: Record<string, string> = {},
): AlertHistory {
  const [one] = histories({
    rules: [rule('Slow')],
    ...sources,
    firings: firings([[{ alertname: 'Slow', ...labels }, list]]),
  });
  if (!one) throw new Error('no firing');
  return one;
}
