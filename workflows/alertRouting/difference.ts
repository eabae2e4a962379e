import type { AlertRouteNode, RoutingConfiguration } from '../../activities/alertmanager/types.js';

/** One place where what runs is not what the description says. */
export interface Difference {
  path: string;
  rendered: string;
  running: string;
}

const NONE = '(nothing)';
const MAX = 100;
/** Alertmanager shows secrets, and some URLs, so. */
const HIDDEN = '<secret>';

const text = (value: unknown): string => (value === undefined ? NONE : (JSON.stringify(value) ?? NONE).slice(0, 300));

const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 };

/** `1h30m` and `90m` are the same. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string' || !/^(\d+(ms|[smhdwy]))+$/.test(value)) return value;
  return [...value.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}

/** Matchers of a route in the one form that Alertmanager shows, whatever form they were written in. */
function matchersOf(node: AlertRouteNode): string[] {
  const list = (key: string, operator: string) =>
    Object.entries((node[key] as Record<string, string> | undefined) ?? {}).map(
      ([label, value]) => `${label}${operator}${JSON.stringify(value)}`,
    );
  const given = Array.isArray(node['matchers']) ? node['matchers'].map(String) : [];
  return [...given, ...list('match', '='), ...list('match_re', '=~')]
    .map((one) => one.replaceAll(/\s*(=~|!~|!=|=)\s*"/g, '$1"'))
    .toSorted();
}

const INHERITED = ['receiver', 'group_by', 'group_wait', 'group_interval', 'repeat_interval'];
const OTHERS = ['mute_time_intervals', 'active_time_intervals'];

function compare(path: string, rendered: unknown, running: unknown, found: Difference[]): void {
  const same = JSON.stringify(plain(rendered)) === JSON.stringify(plain(running));
  if (!same && running !== HIDDEN) found.push({ path, rendered: text(rendered), running: text(running) });
}

function compareRoutes(path: string, ours: AlertRouteNode, theirs: AlertRouteNode, found: Difference[]): void {
  for (const field of [...INHERITED, ...OTHERS])
    if (ours[field] !== undefined || theirs[field] !== undefined)
      compare(`${path}.${field}`, ours[field], theirs[field], found);
  compare(`${path}.matchers`, matchersOf(ours), matchersOf(theirs), found);
  compare(`${path}.continue`, ours['continue'] ?? false, theirs['continue'] ?? false, found);
  const [mine, other] = [ours.routes ?? [], theirs.routes ?? []];
  for (let at = 0; at < Math.max(mine.length, other.length); at++) {
    const [one, two] = [mine[at], other[at]];
    if (one && two) compareRoutes(`${path}.routes[${at}]`, one, two, found);
    else found.push({ path: `${path}.routes[${at}]`, rendered: text(one), running: text(two) });
  }
}

/** What we set must run so; what Alertmanager adds as defaults does not matter. */
function compareSubset(path: string, ours: unknown, theirs: unknown, found: Difference[]): void {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    ours.forEach((one: unknown, at) => compareSubset(`${path}[${at}]`, one, theirs[at], found));
  } else if (isObject(ours) && isObject(theirs)) {
    for (const [field, value] of Object.entries(ours)) compareSubset(`${path}.${field}`, value, theirs[field], found);
  } else compare(path, ours, theirs, found);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nameOf = (receiver: Record<string, unknown>): string => String(receiver['name']);

/** Ways of sending that only the running receiver has. */
const extra = (ours: Record<string, unknown>, theirs: Record<string, unknown>): string[] =>
  Object.keys(theirs).filter((key) => key.endsWith('_configs') && !(key in ours));

/** Where a running configuration is not the rendered one: routes, receivers, and sections that writing the rendered one would drop. Pure. */
export function differences(rendered: RoutingConfiguration, running: RoutingConfiguration): Difference[] {
  const found: Difference[] = [];
  compareRoutes('route', rendered.route, running.route, found);
  for (const ours of rendered.receivers) {
    const theirs = running.receivers.find((one) => nameOf(one) === nameOf(ours));
    const path = `receivers.${nameOf(ours)}`;
    if (!theirs) found.push({ path, rendered: text(ours), running: NONE });
    else {
      compareSubset(path, ours, theirs, found);
      for (const key of extra(ours, theirs))
        found.push({ path: `${path}.${key}`, rendered: NONE, running: text(theirs[key]) });
    }
  }
  for (const theirs of running.receivers)
    if (!rendered.receivers.some((one) => nameOf(one) === nameOf(theirs)))
      found.push({ path: `receivers.${nameOf(theirs)}`, rendered: NONE, running: text(theirs) });
  for (const section of ['inhibit_rules', 'mute_time_intervals', 'time_intervals', 'templates']) {
    const value = running[section];
    if (Array.isArray(value) && value.length > 0)
      found.push({
        path: section,
        rendered: NONE,
        running: `${value.length} of them, which the rendered file has not`,
      });
  }
  return found.slice(0, MAX);
}
