import { nextStep } from './ladder.js';
import { policyOf } from './plan.js';
import type { Turn } from './turn.js';
import type { IncidentView } from './types.js';

const ALERTS_SHOWN = 10;

/** The manual's runbooks for the alerts of this incident. */
function suggested({ state, plan }: Turn): IncidentView['suggested'] {
  const names = [...new Set(Object.values(state.alerts).map(({ name }) => name)), state.title];
  return plan.incidents.runbooks
    .filter(({ alerts }) =>
      alerts.some((pattern) => names.some((name) => new RegExp(`^(?:${pattern})$`, 'u').test(name))),
    )
    .slice(0, 5)
    .map(({ title, url, start }) => ({
      title,
      ...(url !== undefined && { url }),
      ...(start && { runbook: start.runbook }),
    }));
}

/** What people see of the incident at this instant. Pure. */
export function viewOf(turn: Turn): IncidentView {
  const { state, plan } = turn;
  const alerts = Object.values(state.alerts);
  const step = nextStep(turn);
  const level = policyOf(plan, state.policy).levels[state.level];
  return {
    incident: state.incident,
    title: state.title,
    system: plan.system,
    ...(state.service !== undefined && { service: state.service }),
    kind: state.kind,
    severity: state.severity,
    phase: state.phase,
    exhausted: state.exhausted,
    flapping: state.flapping,
    openedAt: state.openedAt,
    triggeredAt: state.triggeredAt,
    ...(state.resolvedAt !== undefined && { resolvedAt: state.resolvedAt }),
    ...(state.owner !== undefined && { owner: state.owner }),
    ...(state.ackedAt !== undefined && { ackedAt: state.ackedAt }),
    level: state.level,
    ...(level && { levelName: level.name }),
    ...(step && step.at < Number.MAX_SAFE_INTEGER && { nextLevelAt: step.at }),
    ...(state.snoozedUntil !== undefined && { snoozedUntil: state.snoozedUntil }),
    ...(state.nextUpdateAt !== undefined && { nextUpdateAt: state.nextUpdateAt }),
    firing: alerts.filter(({ status }) => status === 'firing').length,
    alerts: alerts
      .toSorted((a, b) => Number(b.status === 'firing') - Number(a.status === 'firing') || b.startsAt - a.startsAt)
      .slice(0, ALERTS_SHOWN)
      .map(({ name, status, summary, startsAt }) => ({
        name,
        status,
        since: startsAt,
        ...(summary !== undefined && { summary: summary.slice(0, 300) }),
      })),
    suggested: suggested(turn),
    clocks: state.clocks,
    runs: state.runs.slice(-10),
    checklist: state.checklist,
    ...(state.lastUpdate && { lastUpdate: state.lastUpdate }),
    reopened: state.reopened,
    levels: policyOf(plan, state.policy).levels.length,
    pages: state.pages.reduce((sum, { people }) => sum + people.length, 0),
    ...(state.firstHumanAckAt !== undefined && { firstHumanAckAt: state.firstHumanAckAt }),
    ...(state.resolvedBy !== undefined && { resolvedBy: state.resolvedBy }),
    ...(state.noise !== undefined && { noise: state.noise }),
    ...(state.mergedInto !== undefined && { mergedInto: state.mergedInto }),
    ...(state.storm !== undefined && { storm: state.storm }),
  };
}
