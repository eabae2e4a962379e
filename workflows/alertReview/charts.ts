import type { Chart } from '../../activities/alertReview/types.js';
import type { AlertFigures, AlertHistory, Proposal } from './types.js';

const BARS = 20;

/** Pictures of a review: name of the file without its ending → chart. Pure. */
export function chartsOf(
  figures: readonly AlertFigures[],
  histories: readonly AlertHistory[],
  proposals: readonly Proposal[],
): Record<string, Chart> {
  const top = figures.slice(0, BARS);
  const minutes = (seconds: number | null) => Math.round((seconds ?? 0) / 6) / 10;
  const week = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  for (const { minuteOfWeek } of histories.flatMap(({ episodes }) => episodes)) {
    const hours = week[Math.floor(minuteOfWeek / 1_440)];
    const hour = Math.floor((minuteOfWeek % 1_440) / 60);
    if (hours) hours[hour] = (hours[hour] ?? 0) + 1;
  }
  const charts: Record<string, Chart> = {
    firings: {
      kind: 'bars',
      title: 'Firings, and those that nobody had to do anything about',
      unit: 'firings',
      labels: top.map(({ alert }) => alert),
      series: [
        { name: 'firings', values: top.map(({ firings }) => firings) },
        { name: 'false positives under five minutes', values: top.map(({ falsePositives }) => falsePositives) },
      ],
    },
    durations: {
      kind: 'bars',
      title: 'How long alerts fire',
      unit: 'minutes',
      labels: top.map(({ alert }) => alert),
      series: [
        { name: 'median', values: top.map(({ medianSeconds }) => minutes(medianSeconds)) },
        { name: '95th percentile', values: top.map(({ p95Seconds }) => minutes(p95Seconds)) },
      ],
    },
    week: { kind: 'week', title: 'When alerts begin to fire', values: week },
  };
  if (proposals.length > 0)
    charts['proposals'] = {
      kind: 'bars',
      title: 'What the proposals would have done',
      unit: 'firings',
      labels: proposals.slice(0, BARS).map(({ id }) => id),
      series: [
        { name: 'before', values: proposals.slice(0, BARS).map(({ before }) => before.firings) },
        { name: 'after', values: proposals.slice(0, BARS).map(({ after }) => after.firings) },
      ],
    };
  return charts;
}
