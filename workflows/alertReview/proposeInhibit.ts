import { effectOf } from './figures.js';
import type { Judgement } from './proposeRule.js';
import type { AlertHistory, Episode, Proposal } from './types.js';

/** The other alert has to be there when this one begins, or within so many seconds. */
const LAG = 60;
const SHARE = 0.9;
/** One that fires for a greater part of the span meets everything by chance. */
const MOSTLY = 0.3;
/** Pairs of so many alerts, with so many of their last firings, are looked at. */
const ALERTS = 20;
const FIRINGS = 200;

const meets = (source: Episode, target: Episode): boolean =>
  source.start <= target.start + LAG && source.end > target.start;

const NOT_EQUAL = new Set(['alertname', 'severity']);

/** Labels that both alerts have in all firings, and that are equal in nearly all that meet. */
function equalLabels(sources: readonly Episode[], targets: readonly Episode[]): string[] {
  const names = Object.keys(targets[0]?.labels ?? {}).filter(
    (name) => !NOT_EQUAL.has(name) && [...sources, ...targets].every(({ labels }) => labels[name] !== undefined),
  );
  return names.filter((name) => {
    const equal = targets.filter((target) =>
      sources.some((source) => meets(source, target) && source.labels[name] === target.labels[name]),
    );
    return equal.length >= targets.length * SHARE;
  });
}

function proposeFor(source: AlertHistory, target: AlertHistory, judge: Judgement, span: number): Proposal | undefined {
  const [sources, targets] = [source.episodes.slice(-FIRINGS), target.episodes.slice(-FIRINGS)];
  const active = sources.reduce((sum, { start, end }) => sum + end - start, 0);
  if (active > span * MOSTLY) return undefined;
  const equal = equalLabels(sources, targets);
  const manySeries = new Set([...sources, ...targets].map(({ series }) => series)).size > 2;
  // Without a label in common one alert would hide the other everywhere.
  if (manySeries && equal.length === 0) return undefined;
  const met = (one: Episode) =>
    sources.some((other) => meets(other, one) && equal.every((name) => other.labels[name] === one.labels[name]));
  const left = targets.filter((one) => !met(one));
  if (left.length > targets.length * (1 - SHARE)) return undefined;
  return {
    id: `inhibit/${target.alert}`,
    kind: 'inhibit',
    alert: target.alert,
    change: `not told while ${source.name} fires${equal.length > 0 ? ` with the same ${equal.join(', ')}` : ''}`,
    why: `${targets.length - left.length} of ${targets.length} firings came while ${source.name} was firing`,
    cost: `Nobody hears of ${target.name} while ${source.name} fires`,
    before: effectOf(target, targets, judge.night),
    after: effectOf(target, left, judge.night),
    inhibit: {
      source_matchers: [`alertname=${JSON.stringify(source.name)}`],
      target_matchers: [`alertname=${JSON.stringify(target.name)}`],
      equal,
    },
  };
}

/** Share of an alert's firings that somebody handled decides which of two is the cause; then the longer one. */
const weight = ({ episodes, incidents }: AlertHistory): [number, number] => [
  incidents.filter(({ acted }) => acted).length,
  episodes.reduce((sum, { start, end }) => sum + end - start, 0),
];

function isCause(one: AlertHistory, other: AlertHistory): boolean {
  const [a, b] = [weight(one), weight(other)];
  return a[0] === b[0] ? a[1] > b[1] : a[0] > b[0];
}

/** Inhibitions of alerts that hardly ever come without another one. One proposal per alert. Urgent ones are never inhibited. Pure. */
export function proposeInhibits(histories: readonly AlertHistory[], judge: Judgement, span: number): Proposal[] {
  const some = histories.filter(({ episodes }) => episodes.length >= judge.fewest).slice(0, ALERTS);
  return some
    .filter(({ urgent }) => !urgent)
    .flatMap((target) => {
      const sources = some.filter((one) => one.name !== target.name && isCause(one, target));
      const found = sources.flatMap((source) => proposeFor(source, target, judge, span) ?? []);
      return found.toSorted((a, b) => a.after.firings - b.after.firings).slice(0, 1);
    });
}
