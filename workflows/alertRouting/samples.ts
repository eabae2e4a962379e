import type { System } from '../../systems/schema.js';

/** Labels of an alert, and the receivers that it must reach, where that is known. */
export interface Sample {
  /** What it was made for. */
  of: string;
  labels: Record<string, string>;
  receivers?: string[];
}

const MAX = 100;

/** Undefined for a regular expression that only Alertmanager understands, e.g. `(?i)…`. */
function compiled(regex: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${regex})$`, 'u');
  } catch {
    return undefined;
  }
}

/** A value that a regular expression matches, when it is a list of plain words; the first of them. */
export function literalOf(regex: string): string | undefined {
  const [first] = regex.replace(/^\((?:\?:)?(.*)\)$/, '$1').split('|');
  if (first === undefined || !/^[\w \-/:@,;]+$/.test(first)) return undefined;
  return compiled(regex)?.test(first) ? first : undefined;
}

const matches = (match: Record<string, string>, labels: Record<string, string>): boolean =>
  Object.entries(match).every(([label, regex]) => compiled(regex)?.test(labels[label] ?? ''));

/**
 * Receivers of an alert as the description means it: Belay always, then the first route that matches. Undefined when a route cannot be
 * judged here. Pure.
 */
export function receiversOf(system: System, toBelay: boolean, labels: Record<string, string>): string[] | undefined {
  const routes = system.incidents?.routes ?? [];
  if (routes.some(({ match }) => Object.values(match).some((regex) => compiled(regex) === undefined))) return undefined;
  const route = routes.find(({ match }) => matches(match, labels));
  const found = [...(toBelay ? ['belay'] : []), ...(route ? [route.receiver] : [])];
  return found.length === 0 ? ['nobody'] : found;
}

/** A sample for every rule and route that plain words can be found for, and those that the input brings. Pure. */
export function samplesOf(system: System, toBelay: boolean, more: Record<string, string>[]): Sample[] {
  const { rules = [], routes = [] } = system.incidents ?? {};
  const made = [
    ...rules.map(({ id, match }) => ({ of: `rule ${id}`, match })),
    ...routes.map(({ id, match }) => ({ of: `route ${id}`, match })),
  ].flatMap(({ of, match }) => {
    const labels: Record<string, string> = { alertname: 'Sample' };
    for (const [label, regex] of Object.entries(match)) {
      const literal = literalOf(regex);
      if (literal === undefined) return [];
      labels[label] = literal;
    }
    return [{ of, labels }];
  });
  const given = more.map((labels, index) => ({ of: `sample ${index + 1}`, labels }));
  return [...given, ...made].slice(0, MAX).map((one) => {
    const receivers = receiversOf(system, toBelay, one.labels);
    return { ...one, ...(receivers && { receivers }) };
  });
}

/** Samples that reach others than they should. */
export const astray = (samples: Sample[], reachedBy: string[][]): string[] =>
  samples.flatMap(({ of, receivers }, at) => {
    const reached = reachedBy[at] ?? [];
    if (receivers === undefined || reached.join(',') === receivers.join(',')) return [];
    return [`${of} goes to ${reached.join(', ')} instead of ${receivers.join(', ')}`];
  });
