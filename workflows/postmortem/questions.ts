import type { TimelineEntry } from '../incident/types.js';
import type { Facts } from './input.js';
import { plain, span, time } from './text.js';

/** From so long on it is worth asking why an alert reached nobody sooner. */
const LAG_MS = 5 * 60_000;

/** Of one kind of question. */
const MOST = 10;

const cut = (lines: string[], what: string): string[] =>
  lines.length <= MOST ? lines : [...lines.slice(0, MOST), `and ${lines.length - MOST} more ${what}`];

const said = (entries: readonly TimelineEntry[], kind: TimelineEntry['kind'], pattern: RegExp): string[] =>
  entries
    .filter((entry) => entry.kind === kind && pattern.test(entry.text))
    .map((entry) => `${time(entry.at)}: ${plain(entry.text)}`);

/** What in the facts wants an answer of people. Each line is a fact; none names a cause. Pure. */
export function openQuestions({ view, entries }: Facts): string[] {
  const { clocks, runs, checklist } = view;
  const lag = view.openedAt - view.triggeredAt;
  return [
    ...(lag >= LAG_MS ? [`The first alert began ${span(lag)} before the incident was opened`] : []),
    ...(view.firstHumanAckAt === undefined ? ['No person acknowledged it'] : []),
    ...(view.exhausted ? ['The ladder was exhausted: nobody answered on any level'] : []),
    ...cut(said(entries, 'ladder', /^Level \d+: /), 'levels that led to nobody'),
    ...cut(said(entries, 'page', /could not be told|cannot be reached/), 'messages that did not arrive'),
    ...clocks
      .filter(({ breachedAt }) => breachedAt !== undefined)
      .map(({ phase, dueAt }) => `"${plain(phase)}" missed its target (${time(dueAt)})`),
    ...cut(
      runs
        .filter(({ outcome }) => outcome !== 'succeeded' && outcome !== 'planned')
        .map(({ runbook, workflowId, outcome }) =>
          outcome === undefined
            ? `${plain(runbook)} (${plain(workflowId)}) has not told its end`
            : `${plain(runbook)} (${plain(workflowId)}) ended as ${plain(outcome)}`,
        ),
      'runs',
    ),
    ...checklist.filter(({ doneAt }) => doneAt === undefined).map(({ step }) => `Not ticked: ${plain(step)}`),
    ...(view.reopened > 0 ? [`It was reopened ${view.reopened} times`] : []),
    ...(view.firing > 0 ? [`${view.firing} of its alerts were still firing at the end`] : []),
    ...(view.noise === undefined ? [] : [`It was marked as ${plain(view.noise)}`]),
  ];
}
