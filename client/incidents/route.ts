import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { IncidentRule, Incidents } from '../../systems/incidentSchema.js';
import type { IncidentSystem, SourceAlert } from './port.js';

/** Where an alert belongs. */
export interface Route {
  /** Id of the rule; `unmatched` when none matches. */
  rule: string;
  severity: string;
  policy?: string;
  kind: 'operational' | 'security';
  service?: string;
  /** The `groupBy` labels with their values, e.g. `{alertname="DiskFull", host="db-1"}`. */
  groupKey: string;
  title: string;
  workflowId: string;
}

const UNMATCHED: IncidentRule = { id: 'unmatched', match: {}, groupBy: ['alertname'], kind: 'operational' };
const MAX_TITLE = 200;
const MAX_SERVICE = 120;
/** Of the group key in an incident's input; its id is made of the whole. */
const MAX_GROUP_KEY = 2_000;

/** Compiled expressions. Descriptions hold a few hundred at most; the bound is for gateways that reload them for months. */
const compiled = new LRUCache<string, RegExp>({ max: 2_000 });

/** A regular expression for a WHOLE value, as in Prometheus. Throws `SyntaxError`. */
export function wholeValue(expression: string): RegExp {
  const known = compiled.get(expression);
  if (known) return known;
  const made = new RegExp(`^(?:${expression})$`, 's');
  compiled.set(expression, made);
  return made;
}

/** A label's value; like in Prometheus, one that is missing is empty. Names such as `constructor` are not found on the prototype. */
const labelOf = (labels: Record<string, string>, name: string): string =>
  Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';

function matches(rule: IncidentRule, labels: Record<string, string>): boolean {
  return Object.entries(rule.match).every(([label, expression]) => wholeValue(expression).test(labelOf(labels, label)));
}

/** Severity of alerts that no rule speaks of. */
const unmatchedSeverity = ({ severities, unmatched }: Incidents): string =>
  unmatched ?? severities.at(-1)?.id ?? 'unmatched';

function severityFor(rule: IncidentRule, labels: Record<string, string>, incidents: Incidents): string {
  const { severityLabel } = rule;
  const value = severityLabel && labelOf(labels, severityLabel.label);
  const named =
    value !== undefined && Object.hasOwn(severityLabel?.values ?? {}, value) ? severityLabel?.values[value] : undefined;
  return named ?? rule.severity ?? unmatchedSeverity(incidents);
}

/** The first rule whose labels all match. */
export function ruleFor(labels: Record<string, string>, { rules }: Incidents): IncidentRule {
  return rules.find((rule) => matches(rule, labels)) ?? UNMATCHED;
}

/** Position among the severities: 0 is the worst. */
export const severityRank = ({ severities }: Incidents, severity: string): number => {
  const rank = severities.findIndex(({ id }) => id === severity);
  return rank < 0 ? severities.length : rank;
};

/** The worst severity that a rule can give: that of a storm of its incidents, which must not hide a worse one. */
export function worstSeverity(rule: string, incidents: Incidents): string {
  const found = incidents.rules.find(({ id }) => id === rule) ?? UNMATCHED;
  const possible = [
    ...Object.values(found.severityLabel?.values ?? {}),
    found.severity ?? unmatchedSeverity(incidents),
  ];
  return (
    possible.toSorted((a, b) => severityRank(incidents, a) - severityRank(incidents, b))[0] ??
    unmatchedSeverity(incidents)
  );
}

const clip = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max - 1)}…` : text);

/** One line without control characters: what comes from an alert is shown in lists and messages. */
export const oneLine = (text: string, max: number): string => clip(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), max);

function titleOf(alert: SourceAlert, rule: IncidentRule): string {
  const named = rule.groupBy.includes('alertname');
  const values = rule.groupBy
    .filter((label) => label !== 'alertname' && labelOf(alert.labels, label) !== '')
    .map((label) => `${label}=${labelOf(alert.labels, label)}`);
  const subject = named ? alert.name : rule.id;
  return oneLine(values.length > 0 ? `${subject} (${values.join(', ')})` : subject, MAX_TITLE) || rule.id;
}

/** Workflow id of the incident of one rule and one group: the same for every delivery, whichever gateway takes it. */
export function incidentId(system: string, rule: string, groupKey: string): string {
  const hash = createHash('sha256').update(groupKey).digest('hex').slice(0, 16);
  return `incident/${system}/${rule}/${hash}`;
}

/** Workflow id of the incident that gathers a rule's storm. */
export const stormId = (system: string, rule: string): string => `incident/${system}/${rule}/storm`;

/** Says where an alert belongs: pure, the same answer on every gateway. Throws `SyntaxError` when a rule holds a wrong expression. */
export function routeAlert(system: IncidentSystem, alert: SourceAlert): Route {
  const { incidents } = system;
  const { labels } = alert;
  const rule = ruleFor(labels, incidents);
  // JSON quotes the values, so that no value can pretend to be another label.
  const pairs = rule.groupBy.map((label) => `${label}=${JSON.stringify(labelOf(labels, label))}`);
  const groupKey = `{${pairs.join(', ')}}`;
  const service = rule.service ?? oneLine(labelOf(labels, 'service'), MAX_SERVICE);
  return {
    rule: rule.id,
    severity: severityFor(rule, labels, incidents),
    ...(rule.policy !== undefined && { policy: rule.policy }),
    kind: rule.kind,
    ...(service !== '' && { service }),
    groupKey: clip(groupKey, MAX_GROUP_KEY),
    title: titleOf(alert, rule),
    workflowId: incidentId(system.name, rule.id, groupKey),
  };
}
