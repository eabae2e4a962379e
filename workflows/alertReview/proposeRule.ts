import { duration, effectOf, isFalsePositive, isNight, type Night, wasHandled } from './figures.js';
import { withKeepFiring, withLongerFor, withThreshold } from './replay.js';
import type { AlertHistory, Episode, Proposal } from './types.js';

/** What a proposal is judged by. */
export interface Judgement {
  night: Night;
  /** Seconds since the epoch. */
  spanFrom: number;
  /** Fewer false positives, or firings, are no pattern. */
  fewest: number;
}

const DELAYS = [60, 120, 180, 300, 600, 900];
const KEEPS = [60, 120, 300, 600, 900, 1_800];
/** An urgent alert is delayed by no more. */
const URGENT_DELAY = 120;
/** Part of the false positives, or of the firings, that has to go. */
const WORTH = { falsePositives: 0.5, firings: 0.3 };

export const prometheusDuration = (seconds: number): string =>
  seconds % 60 === 0 && seconds > 0 ? `${seconds / 60}m` : `${seconds}s`;

/** A longer `for` that spares at least half of the false positives, and no firing that anybody handled. Pure. */
export function proposeFor(history: AlertHistory, judge: Judgement): Proposal | undefined {
  const { rule, episodes } = history;
  const before = effectOf(history, episodes, judge.night);
  if (!rule || before.falsePositives < judge.fewest) return undefined;
  for (const wanted of DELAYS) {
    const extra = wanted - rule.forSeconds;
    if (extra <= 0 || (history.urgent && extra > URGENT_DELAY)) continue;
    const lost = episodes.some((episode) => duration(episode) <= extra && wasHandled(history, episode));
    if (lost) return undefined;
    const kept = withLongerFor(episodes, extra, judge.spanFrom);
    const spared = new Set(kept.map(({ incident }) => incident));
    const after = { ...effectOf(history, kept, judge.night), falsePositives: falsePositivesLeft(history, kept, extra) };
    if (after.falsePositives > before.falsePositives * (1 - WORTH.falsePositives)) continue;
    return {
      id: `for/${history.alert}`,
      kind: 'for',
      alert: history.alert,
      change: `for: ${prometheusDuration(rule.forSeconds)} → ${prometheusDuration(wanted)}`,
      why: `${before.falsePositives} of ${before.firings} firings were over within five minutes, and nobody had to do anything; ${history.incidents.length - [...spared].filter((one) => one !== undefined).length} incidents fewer`,
      cost: `The others are noticed ${prometheusDuration(extra)} later`,
      ...{ before, after },
      rule: { for: prometheusDuration(wanted) },
    };
  }
  return undefined;
}

/** A firing that now begins later was a false positive before only by its old length. */
const falsePositivesLeft = (history: AlertHistory, kept: readonly Episode[], extra: number): number =>
  kept.filter((episode) => isFalsePositive(history, { ...episode, start: episode.start - extra })).length;

/** `keep_firing_for` that joins at least a third of the firings with the ones before. Pure. */
export function proposeKeepFiring(history: AlertHistory, judge: Judgement): Proposal | undefined {
  const { rule, episodes } = history;
  if (!rule || episodes.length < judge.fewest) return undefined;
  const before = effectOf(history, episodes, judge.night);
  for (const wanted of KEEPS) {
    const extra = wanted - rule.keepFiringForSeconds;
    if (extra <= 0) continue;
    const joined = withKeepFiring(episodes, extra);
    if (joined.length > before.firings * (1 - WORTH.firings)) continue;
    return {
      id: `keepFiringFor/${history.alert}`,
      kind: 'keepFiringFor',
      alert: history.alert,
      change: `keep_firing_for: ${prometheusDuration(rule.keepFiringForSeconds)} → ${prometheusDuration(wanted)}`,
      why: `It comes back within ${prometheusDuration(wanted)}: ${before.firings} firings are ${joined.length}`,
      cost: `Its end is told ${prometheusDuration(extra)} later; needs Prometheus 2.42`,
      before,
      after: {
        firings: joined.length,
        // A short one that stays alone is as needless as before; one that others join is one fault that lasts.
        falsePositives: joined.filter((one) => isFalsePositive(history, { ...one, end: one.end - extra })).length,
        night: joined.filter((one) => isNight(one, judge.night)).length,
        pages: effectOf(history, joined, judge.night).pages,
      },
      rule: { keep_firing_for: prometheusDuration(wanted) },
    };
  }
  return undefined;
}

/** Three significant digits, away from zero crossing: up for `>`, down for `<`. */
function rounded(value: number, up: boolean): number {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  const steps = value / unit;
  return Number(((up ? Math.ceil(steps - 1e-9) : Math.floor(steps + 1e-9)) * unit).toPrecision(12));
}

/**
 * A threshold beyond what false positives reached, and short of what every handled firing did. `levels` are those that the rule's value held. Needs
 * handled firings to compare with: without them nobody knows where the fault begins. Pure.
 */
export function proposeThreshold(
  history: AlertHistory,
  levels: ReadonlyMap<Episode, number | null>,
  judge: Judgement,
): Proposal | undefined {
  const { rule, episodes } = history;
  const comparison = rule?.comparison;
  const before = effectOf(history, episodes, judge.night);
  if (!rule || !comparison || before.falsePositives < judge.fewest) return undefined;
  const up = comparison.op.startsWith('>');
  const of = (some: Episode[]) => some.flatMap((episode) => levels.get(episode) ?? []);
  const useless = of(episodes.filter((episode) => isFalsePositive(history, episode)));
  const real = of(episodes.filter((episode) => wasHandled(history, episode)));
  if (useless.length < judge.fewest || real.length === 0) return undefined;
  const threshold = rounded(up ? Math.max(...useless) : Math.min(...useless), up);
  const beyond = (level: number) => (up ? level > threshold : level < threshold);
  if (!real.every(beyond)) return undefined;
  const kept = withThreshold(episodes, levels, beyond);
  const after = effectOf(history, kept, judge.night);
  if (after.falsePositives > before.falsePositives * (1 - WORTH.falsePositives)) return undefined;
  return {
    id: `threshold/${history.alert}`,
    kind: 'threshold',
    alert: history.alert,
    change: `${comparison.op} ${comparison.value} → ${comparison.op} ${threshold}`,
    why: `No false positive went beyond ${threshold}, each of the ${real.length} firings that were handled did`,
    cost: 'Faults that stay between the two are not told any more',
    ...{ before, after },
    rule: { expr: `${comparison.left} ${comparison.op} ${threshold}` },
  };
}
