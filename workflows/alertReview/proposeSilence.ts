import type { PresentAlert } from '../../activities/alertmanager/types.js';
import { effectOf, isFalsePositive } from './figures.js';
import { grouped } from './histories.js';
import type { Judgement } from './proposeRule.js';
import type { AlertHistory, Episode, Proposal } from './types.js';

/** An alert that fires for so long while nobody does anything tells nobody anything. */
const LONG = 12 * 3_600;
/** So many firings within a day are flapping. */
const FLAPS = 4;
const DAY = 86_400;

/** Labels that all of them have, with one value. */
function commonLabels(episodes: readonly Episode[]): Record<string, string> {
  const [first, ...others] = episodes;
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(([name, value]) => others.every(({ labels }) => labels[name] === value)),
  );
}

interface Candidate {
  episodes: Episode[];
  why: string;
}

/** Label sets that fire on and on, or over and over, and that nobody handles. */
function candidates(history: AlertHistory, present: readonly PresentAlert[], to: number): Candidate[] {
  return grouped(history.episodes, ({ series }) => series).flatMap((episodes): Candidate[] => {
    const last = episodes.at(-1);
    if (!last || episodes.some(({ incident }) => incident !== undefined && history.incidents[incident]?.acted))
      return [];
    const now = present.some(
      ({ labels, state }) =>
        state === 'active' && Object.entries(last.labels).every(([name, value]) => labels[name] === value),
    );
    if (now && last.end >= to && to - last.start >= LONG)
      return [{ episodes: [last], why: `it fires since ${new Date(last.start * 1_000).toISOString()}, unhandled` }];
    const recent = episodes.filter(({ start }) => start >= to - DAY);
    const useless = recent.filter((episode) => isFalsePositive(history, episode)).length;
    if (recent.length < FLAPS || useless * 2 < recent.length) return [];
    return [{ episodes: recent, why: `it fired ${recent.length} times within a day, ${useless} times for nothing` }];
  });
}

/**
 * A silence with an end for what fires on and on, or over and over, while nobody handles it. Urgent alerts are never silenced. Before and after:
 * the last so many hours again, with the silence. Pure.
 */
export function proposeSilence(
  history: AlertHistory,
  present: readonly PresentAlert[],
  judge: Judgement & { to: number; hours: number },
): Proposal | undefined {
  if (history.urgent) return undefined;
  const found = candidates(history, present, judge.to);
  if (found.length === 0) return undefined;
  const labels = commonLabels(found.flatMap(({ episodes }) => episodes));
  if (Object.keys(labels).length === 0) return undefined;
  const from = judge.to - judge.hours * 3_600;
  const recent = history.episodes.filter(({ end, silenced }) => end > from && !silenced);
  const left = recent.filter((episode) =>
    Object.entries(labels).some(([name, value]) => episode.labels[name] !== value),
  );
  const handled = recent.filter((one) => !left.includes(one) && one.incident !== undefined);
  // A silence as wide as this would hide what somebody worked on.
  if (handled.some(({ incident }) => history.incidents[incident ?? -1]?.acted)) return undefined;
  const matchers = Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
  return {
    id: `silence/${history.alert}`,
    kind: 'silence',
    alert: history.alert,
    change: `silence for ${judge.hours} h: ${matchers.map(({ name, value }) => `${name}="${value}"`).join(', ')}`,
    why: found[0]?.why ?? '',
    cost: `Nobody hears of it for ${judge.hours} h`,
    before: effectOf(history, recent, judge.night),
    after: effectOf(history, left, judge.night),
    silence: { matchers, hours: judge.hours },
  };
}
