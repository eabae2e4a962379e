import type { PastIncident } from '../../activities/alertReview/types.js';
import type { Matcher, Silence } from '../../activities/alertmanager/types.js';
import type { AlertRule, Firings, FiringSeries } from '../../activities/prometheus/types.js';
import type { AlertHistory, Episode } from './types.js';

/** How far the beginning of an alert in an incident may be from the one that Prometheus shows. */
const SLACK = 60;

/** Whether an alert with these labels is what the matchers ask for; regular expressions are for the whole value. Pure. */
export function matchesAll(matchers: readonly Matcher[], labels: Record<string, string>): boolean {
  return matchers.every(({ name, value, isRegex, isEqual }) => {
    const found = labels[name] ?? '';
    if (!isRegex) return (found === value) === isEqual;
    try {
      return new RegExp(`^(?:${value})$`, 'u').test(found) === isEqual;
    } catch {
      // One that only Alertmanager understands: not taken for maintenance.
      return false;
    }
  });
}

/** Rule that an alert came from: of its name, with its own labels. Templated labels match anything. */
function ruleOf(labels: Record<string, string>, rules: readonly AlertRule[]): AlertRule | undefined {
  const named = rules.filter(({ name }) => name === labels['alertname']);
  return named.find((rule) =>
    Object.entries(rule.labels).every(([label, value]) => value.includes('{{') || labels[label] === value),
  );
}

const covers = (silence: Silence, labels: Record<string, string>, at: number): boolean =>
  Date.parse(silence.startsAt) <= at * 1_000 &&
  at * 1_000 < Date.parse(silence.endsAt) &&
  matchesAll(silence.matchers, labels);

/** Incident that a firing belongs to: it has the alert, and was there when the firing began. */
function incidentOf(incidents: readonly PastIncident[], name: string, start: number): number | undefined {
  const found = incidents.findIndex(({ alerts, openedAt, resolvedAt }) => {
    const begins = alerts.filter((alert) => alert.name === name).map(({ since }) => since / 1_000);
    if (begins.length === 0) return false;
    const from = Math.min(...begins, openedAt / 1_000) - SLACK;
    return start >= from && (resolvedAt === undefined || start <= resolvedAt / 1_000 + SLACK);
  });
  return found === -1 ? undefined : found;
}

/** Map.groupBy, which Node 20 has not. Pure. */
export function grouped<T>(values: readonly T[], keyOf: (value: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const value of values) {
    const group = found.get(keyOf(value));
    if (group) group.push(value);
    else found.set(keyOf(value), [value]);
  }
  return [...found.values()];
}

export interface Sources {
  rules: AlertRule[];
  firings: Firings;
  silences: Silence[];
  incidents: PastIncident[];
  /** Severities that are urgent. */
  urgent: string[];
}

/** Everything that is known of each alert that fired, put together. Pure. */
export function historiesOf(sources: Sources): AlertHistory[] {
  const { rules, firings, incidents } = sources;
  const found = new Map<string, AlertHistory>();
  for (const series of firings.series) {
    const name = series.labels['alertname'] ?? '';
    const rule = ruleOf(series.labels, rules);
    const shared = rules.filter((one) => one.name === name).length > 1;
    const alert = rule && shared ? `${name} (${rule.group}, ${rules.indexOf(rule) + 1})` : name;
    const history = found.get(alert) ?? {
      ...{ alert, name, episodes: [], urgent: false },
      ...(rule && { rule }),
      incidents: incidents.filter(({ alerts }) => alerts.some((one) => one.name === name)),
    };
    history.episodes.push(...episodesOf(series, history.incidents, sources));
    found.set(alert, history);
  }
  for (const history of found.values()) {
    history.episodes.sort((a, b) => a.start - b.start);
    history.urgent = history.incidents.some(({ severity }) => sources.urgent.includes(severity));
  }
  return [...found.values()].toSorted((a, b) => b.episodes.length - a.episodes.length);
}

function episodesOf(
  { labels, firings }: FiringSeries,
  incidents: PastIncident[],
  { firings: span, silences }: Sources,
): Episode[] {
  const series = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return firings.map(([start, end, minuteOfWeek]) => {
    const incident = incidentOf(incidents, labels['alertname'] ?? '', start);
    return {
      ...{ series, labels, start, end, minuteOfWeek },
      complete: start > span.from && end < span.to,
      silenced: silences.some((silence) => covers(silence, labels, start)),
      ...(incident !== undefined && { incident }),
    };
  });
}
