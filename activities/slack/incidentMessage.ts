import type { KnownBlock } from '@slack/web-api';
import type { IncidentPhase, IncidentView } from '../../workflows/incident/types.js';
import { actions, answerByCommand, button, context, facts, header, paragraphs, section, someOf } from './blocks.js';
import type { ButtonAction } from './buttonValue.js';
import type { SlackContent } from './post.js';
import { cut, inert, link, moment } from './text.js';

const SIGN: Record<IncidentPhase, string> = {
  triggered: ':rotating_light:',
  acknowledged: ':eyes:',
  snoozed: ':zzz:',
  resolved: ':white_check_mark:',
  merged: ':twisted_rightwards_arrows:',
};

const SHOWN = { alerts: 10, runbooks: 5, steps: 15, runs: 5 };

const isOver = ({ phase }: IncidentView): boolean => phase === 'resolved' || phase === 'merged';

function state(view: IncidentView): string {
  const { phase, ackedAt, resolvedAt, snoozedUntil, mergedInto } = view;
  const since = phase === 'acknowledged' ? ackedAt : phase === 'resolved' ? resolvedAt : undefined;
  if (phase === 'snoozed' && snoozedUntil !== undefined) return `snoozed until ${moment(snoozedUntil)}`;
  if (phase === 'merged' && mergedInto !== undefined) return `merged into \`${inert(mergedInto, 200)}\``;
  return since === undefined ? phase : `${phase}, ${moment(since)}`;
}

function ladder(view: IncidentView): string {
  const { level, levelName, nextLevelAt } = view;
  const now = level < 0 ? 'not begun' : `${level + 1}${levelName ? ` (${inert(levelName, 80)})` : ''}`;
  return nextLevelAt === undefined || isOver(view) ? now : `${now}, next ${moment(nextLevelAt)}`;
}

function factsOf(view: IncidentView): [string, string][] {
  const { openedAt, owner, firing, nextUpdateAt, service, system } = view;
  const all: [string, string | undefined][] = [
    ['State', state(view)],
    ['Owner', owner === undefined ? 'nobody yet' : inert(owner, 100)],
    ['Opened', moment(openedAt)],
    ['Level', ladder(view)],
    ['Alerts firing', String(firing)],
    ['Next update', nextUpdateAt === undefined || isOver(view) ? undefined : moment(nextUpdateAt)],
    ['System', inert(system, 80)],
    ['Service', service === undefined ? undefined : inert(service, 120)],
  ];
  return all.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
}

function warnings(view: IncidentView): string[] {
  return [
    ...(view.exhausted && !isOver(view)
      ? [':warning: *Nobody has answered, and the ladder has no further level.*']
      : []),
    ...(view.flapping
      ? [':warning: Flapping: an alert keeps coming and going; it pages nobody until it is stable.']
      : []),
    ...(view.reopened > 0 ? [`:repeat: Reopened ${view.reopened} time${view.reopened === 1 ? '' : 's'}.`] : []),
    ...(view.storm === undefined
      ? []
      : [`:link: Part of the storm \`${inert(view.storm, 300)}\`, which pages for it.`]),
  ];
}

function alerts({ alerts: all }: IncidentView): string[] {
  const sorted = all.toSorted((a, b) => Number(b.status === 'firing') - Number(a.status === 'firing'));
  return someOf(
    sorted,
    SHOWN.alerts,
    ({ name, status, summary, since }) =>
      `${status === 'firing' ? ':red_circle:' : ':large_green_circle:'} *${inert(name, 120)}*${summary ? ` ${inert(summary, 300)}` : ''} (since ${moment(since)})`,
    'more alerts',
  );
}

const clocks = ({ clocks: all }: IncidentView): string =>
  all
    .map(({ phase, dueAt, doneAt, breachedAt }) => {
      const sign =
        breachedAt !== undefined ? ':x:' : doneAt === undefined ? ':hourglass_flowing_sand:' : ':heavy_check_mark:';
      return `${sign} ${inert(phase, 40)} by ${moment(dueAt)}`;
    })
    .join(' · ');

function runbooks(view: IncidentView, key: string | undefined): KnownBlock[] {
  if (isOver(view)) return [];
  return view.suggested.slice(0, SHOWN.runbooks).map(({ title, url, runbook }) => {
    const start =
      runbook === undefined
        ? undefined
        : button(
            { i: view.incident, a: 'start', l: view.level, t: view.openedAt, r: runbook },
            key,
            `Start ${runbook}`,
          );
    return section(`:book: ${link(url, title)}`, start);
  });
}

function progress({ checklist, runs, lastUpdate }: IncidentView): string[] {
  const steps = someOf(
    checklist,
    SHOWN.steps,
    ({ step, doneBy }) =>
      `${doneBy === undefined ? ':white_large_square:' : ':white_check_mark:'} ${inert(step, 150)}${doneBy === undefined ? '' : ` (${inert(doneBy, 80)})`}`,
    'more steps',
  );
  const linked = runs.slice(-SHOWN.runs).map(({ runbook, outcome, by, summary }) => {
    const end = outcome === undefined ? 'is running' : inert(outcome, 80);
    return `:gear: ${inert(runbook, 80)} ${end}, started by ${inert(by, 80)}${summary ? `: ${inert(summary, 200)}` : ''}`;
  });
  const said = lastUpdate
    ? [`:memo: ${inert(lastUpdate.text, 600)} — ${inert(lastUpdate.by, 80)}, ${moment(lastUpdate.at)}`]
    : [];
  return [...said, ...steps, ...linked];
}

function buttons(view: IncidentView, key: string | undefined): KnownBlock[] {
  if (isOver(view)) return [];
  const wanted: ButtonAction[] =
    view.phase === 'acknowledged' ? ['escalate', 'resolve'] : ['acknowledge', 'escalate', 'resolve'];
  const found = actions(wanted.map((a) => button({ i: view.incident, a, l: view.level, t: view.openedAt }, key)));
  return found.length > 0 ? found : [answerByCommand(view.incident)];
}

/** The one message of an incident, within Slack's limits. Without a key it has no buttons and says how to act; over, it has neither. */
export function incidentMessage(view: IncidentView, key: string | undefined): SlackContent {
  const targets = clocks(view);
  const lines = [...warnings(view), ...alerts(view)];
  return {
    text: `[${inert(view.severity, 40)}] ${view.phase}: ${inert(view.title, 200)}`,
    blocks: [
      header(`${SIGN[view.phase]} ${view.severity} ${view.phase} · ${view.title}`),
      facts(factsOf(view)),
      ...paragraphs(lines),
      ...paragraphs(progress(view)),
      ...(targets === '' ? [] : [context(targets)]),
      ...runbooks(view, key),
      ...buttons(view, key),
      context(link(view.url, cut(view.incident, 150))),
    ],
  };
}
