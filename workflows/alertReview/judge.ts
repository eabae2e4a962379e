import { watch } from '../kit/activities.js';
import { causeOf } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import { now } from '../kit/steps.js';
import type { Material } from './collect.js';
import { figuresOf, isFalsePositive, type Night, wasHandled } from './figures.js';
import { historiesOf } from './histories.js';
import { proposeInhibits } from './proposeInhibit.js';
import { type Judgement, proposeFor, proposeKeepFiring, proposeThreshold } from './proposeRule.js';
import { proposeSilence } from './proposeSilence.js';
import { markName, markOf, ruleChange } from './ruleChanges.js';
import type { AlertReviewInput } from './runbook.js';
import type { AlertFigures, AlertHistory, Episode, Proposal, RuleChange } from './types.js';

/** Alerts whose values are read: each costs a query per firing. */
const LEVELLED = 5;
/** Of each alert so many needless and so many handled firings. */
const SAMPLES = 30;
const LEVELS_MS = 600_000;

export interface Verdict {
  histories: AlertHistory[];
  figures: AlertFigures[];
  proposals: Proposal[];
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

export const nightOf = ({ from, to }: AlertReviewInput['night']): Night => ({ from: minuteOf(from), to: minuteOf(to) });

/** Figures of every alert, and what could be better. Reads the values of some rules. */
export async function judge(run: Run<AlertReviewInput>, material: Material): Promise<Verdict> {
  const { input, system } = run;
  const urgent = (system.incidents?.severities ?? []).filter((one) => one.urgent).map(({ id }) => id);
  const histories = historiesOf({ ...material, urgent });
  const night = nightOf(input.night);
  const at = now();
  const changeOf = ({ rule }: AlertHistory): RuleChange => {
    if (!rule) return {};
    const marks = material.rules.filter((one) => markName(one) === markName(rule)).map(markOf);
    return ruleChange(marks.find(({ hash }) => hash === markOf(rule).hash) ?? markOf(rule), at, material.earlier);
  };
  const figures = histories.map((history) => figuresOf(history, night, changeOf(history)));
  const judgement: Judgement = { night, spanFrom: material.from, fewest: input.fewest };
  const levels = await levelsOf(run, histories, material, judgement);
  const silencing = { ...judgement, to: material.to, hours: input.silenceHours };
  const silenced = (proposal: Proposal): boolean =>
    material.silences.some(
      ({ state, matchers }) =>
        state !== 'expired' && JSON.stringify(matchers) === JSON.stringify(proposal.silence?.matchers),
    );
  const single = histories.flatMap((history) =>
    [
      proposeFor(history, judgement),
      proposeKeepFiring(history, judgement),
      proposeThreshold(history, levels.get(history.alert) ?? new Map<Episode, number | null>(), judgement),
      ...(system.alertmanager ? [proposeSilence(history, material.present, silencing)] : []),
    ].filter((one) => one !== undefined && !silenced(one)),
  );
  const inhibits = proposeInhibits(histories, judgement, material.to - material.from);
  return { histories, figures, proposals: [...single, ...inhibits].filter((one) => one !== undefined) };
}

/** Levels of the firings of the alerts with the most false positives, where their rule is a plain comparison. */
async function levelsOf(
  run: Run<AlertReviewInput>,
  histories: readonly AlertHistory[],
  { warnings, firings }: Material,
  { fewest }: Judgement,
): Promise<Map<string, Map<Episode, number | null>>> {
  const found = new Map<string, Map<Episode, number | null>>();
  const { prometheus } = run.system;
  const worth = histories
    .map((history) => ({
      history,
      useless: history.episodes.filter((episode) => isFalsePositive(history, episode)),
      real: history.episodes.filter((episode) => wasHandled(history, episode)),
    }))
    .filter(({ history, useless, real }) => history.rule?.comparison && useless.length >= fewest && real.length > 0)
    .toSorted((a, b) => b.useless.length - a.useless.length)
    .slice(0, LEVELLED);
  if (!prometheus || worth.length === 0) return found;
  await run.steps.step('Read the values of rules', async (step) => {
    for (const { history, useless, real } of worth) {
      const { rule } = history;
      if (!rule?.comparison) continue;
      const episodes = [...useless.slice(-SAMPLES), ...real.slice(-SAMPLES)];
      try {
        const levels = await watch(`Values of ${history.alert}`.slice(0, 190), LEVELS_MS).readLevels({
          ...prometheus,
          ...{ comparison: rule.comparison, forSeconds: rule.forSeconds, stepSeconds: firings.stepSeconds },
          firings: episodes.map(({ labels, start, end }) => ({ labels, start, end })),
        });
        found.set(history.alert, new Map(episodes.map((episode, at) => [episode, levels[at] ?? null])));
      } catch (error) {
        const cause = causeOf(error);
        if (cause.type === 'Cancelled') throw error;
        warnings.push(`Values of ${history.alert}: ${cause.message}`);
      }
    }
    step.note(`Of ${found.size} rules`);
  });
  return found;
}
