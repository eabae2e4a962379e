import type { EarlierRules, PastIncident } from '../../activities/alertReview/types.js';
import type { PresentAlert, Silence } from '../../activities/alertmanager/types.js';
import type { AlertRule, Firings } from '../../activities/prometheus/types.js';
import { watch } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import { markOf } from './ruleChanges.js';
import type { AlertReviewInput } from './runbook.js';

/** More looks than this at one series are none the wiser. */
const MAX_LOOKS = 200_000;
const READ_MS = 600_000;
const NOTED_RULES = 500;

/** All that a review knows. Instants in seconds. */
export interface Material {
  from: number;
  to: number;
  rules: AlertRule[];
  earlier: EarlierRules[];
  firings: Firings;
  present: PresentAlert[];
  silences: Silence[];
  incidents: PastIncident[];
  warnings: string[];
}

/** Span and distance of the looks: as often as the rules are evaluated, so that no firing is missed. Pure. */
export function spanOf(
  nowMs: number,
  days: number,
  rules: readonly AlertRule[],
): { from: number; to: number; step: number } {
  const seconds = Math.round(days * 86_400);
  const interval = Math.min(60, ...rules.map(({ intervalSeconds }) => intervalSeconds));
  const step = Math.max(1, Math.round(interval), Math.ceil(seconds / MAX_LOOKS));
  // The newest samples may not be there yet.
  const to = Math.floor(nowMs / 1_000 / step) * step - step;
  return { from: to - Math.ceil(seconds / step) * step, to, step };
}

/** A source that a review can do without: what fails is said, and the rest goes on. */
async function optional<T>(run: Run, name: string, warnings: string[], empty: T, read: () => Promise<T>): Promise<T> {
  return run.steps.step(name, async (step) => {
    try {
      return await read();
    } catch (error) {
      const cause = causeOf(error);
      if (cause.type === 'Cancelled') throw error;
      warnings.push(`${name}: ${cause.message}`);
      step.failed(cause.message);
      return empty;
    }
  });
}

/** Reads everything. Prometheus must answer; Alertmanager, incidents and earlier reviews may be missing. Changes nothing. */
export async function collect(run: Run<AlertReviewInput>): Promise<Material> {
  const { prometheus, alertmanager, name: system } = run.system;
  if (!prometheus) throw fail('PreflightFailed', 'The system has no Prometheus; add `prometheus: {url: …}`');
  const warnings: string[] = [];
  const rules = await run.steps.step('Read the rules', async (step) => {
    const found = await watch('Read the rules', READ_MS).readAlertRules(prometheus);
    if (found.cut) warnings.push(`Only the first ${found.rules.length} rules are looked at`);
    // Later reviews read this, to know when a rule changed.
    step.note(`${found.rules.length} alerting rules`, { rules: found.rules.slice(0, NOTED_RULES).map(markOf) });
    return found.rules;
  });
  const { from, to, step } = spanOf(Date.now(), run.input.days, rules);
  const firings = await run.steps.step('Read the firings', async (one) => {
    const timeZone = run.system.incidents?.businessHours?.timeZone ?? 'UTC';
    const span = { from, to, stepSeconds: step, match: run.input.match, timeZone };
    const found = await watch('Read the firings', READ_MS).readFirings({ ...prometheus, ...span });
    const count = found.series.reduce((sum, series) => sum + series.firings.length, 0);
    if (found.cut) warnings.push('There are more firings than a review takes; narrow it by `match` or fewer `days`');
    one.note(`${count} firings of ${found.series.length} label sets`, { from, to, step, timeZone });
    return found;
  });
  const nothing = { present: [] as PresentAlert[], silences: [] as Silence[] };
  const { present, silences } = alertmanager
    ? await optional(run, 'Read Alertmanager', warnings, nothing, async () => {
        const { alerts, cut } = await watch('Read the alerts', READ_MS).listPresentAlerts(alertmanager);
        if (cut) warnings.push(`Only the first ${alerts.length} present alerts are looked at`);
        return { present: alerts, silences: await watch('Read the silences', READ_MS).listSilences(alertmanager) };
      })
    : nothing;
  if (!alertmanager) warnings.push('No Alertmanager is described: maintenance is not known, nothing can be silenced');
  const incidents = await optional(run, "Read Belay's incidents", warnings, [] as PastIncident[], async () => {
    const span = { system, from: from * 1_000, to: to * 1_000 };
    const found = await watch('Read the incidents', READ_MS).listIncidents(span);
    if (found.cut) warnings.push(`Only the newest ${found.incidents.length} incidents are looked at`);
    return found.incidents;
  });
  const earlier = await optional(run, 'Read earlier reviews', warnings, [] as EarlierRules[], () =>
    watch('Read earlier reviews', READ_MS).listEarlierRules({ system }),
  );
  return { from, to, rules, earlier, firings, present, silences, incidents, warnings };
}
