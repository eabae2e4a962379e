/** PagerDuty's four, the worst first. */
export const PAGERDUTY_SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;
export type PagerdutySeverity = (typeof PAGERDUTY_SEVERITIES)[number];

/** What systems usually call theirs. */
const KNOWN: [RegExp, PagerdutySeverity][] = [
  [/^(p|s|sev|severity)?-?[01]$|^(critical|emergency|disaster|blocker)$/, 'critical'],
  [/^(p|s|sev|severity)?-?2$|^(high|error|major)$/, 'error'],
  [/^(p|s|sev|severity)?-?3$|^(medium|moderate|warning|minor)$/, 'warning'],
  [/^(p|s|sev|severity)?-?[45]$|^(low|info|informational|trivial)$/, 'info'],
];

/** PagerDuty's severity for one of a system's own, such as `P1` or `high`; an unknown one goes by whether it is urgent. */
export function pagerdutySeverity(severity: string, urgent: boolean): PagerdutySeverity {
  const name = severity.toLowerCase();
  return KNOWN.find(([pattern]) => pattern.test(name))?.[1] ?? (urgent ? 'critical' : 'warning');
}

/** The worst of several; `info` of none. */
export function worst(severities: PagerdutySeverity[]): PagerdutySeverity {
  return PAGERDUTY_SEVERITIES.find((severity) => severities.includes(severity)) ?? 'info';
}
