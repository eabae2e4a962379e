import type { IncidentView, TimelineEntry } from '../../../workflows/incident/types.js';
import { table } from '../io.js';
import { duration, oneLine } from '../watch/format.js';

/** `2026-11-21 10:15:03` in UTC. */
export const utc = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

const relative = (at: number, now: number): string =>
  at <= now ? `${duration(now - at)} ago` : `in ${duration(at - now)}`;

const moment = (at: number, now: number): string => `${utc(at)} UTC (${relative(at, now)})`;

const section = (title: string, rows: string[][]): string[] =>
  rows.length === 0
    ? []
    : [
        '',
        title,
        ...table(rows)
          .split('\n')
          .map((line) => `  ${line}`),
      ];

function state({ phase, owner, snoozedUntil, mergedInto, exhausted, flapping }: IncidentView): string {
  const more = [
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...(snoozedUntil === undefined ? [] : [`until ${utc(snoozedUntil)} UTC`]),
    ...(mergedInto === undefined ? [] : [`into ${mergedInto}`]),
    ...(exhausted ? ['ladder exhausted'] : []),
    ...(flapping ? ['flapping'] : []),
  ];
  return more.length === 0 ? phase : `${phase}, ${more.join(', ')}`;
}

/** People count levels from 1; 0 is before the first. */
function level({ level: reached, levels, levelName }: IncidentView): string {
  const of = levels === undefined ? '' : ` of ${levels}`;
  return `${reached + 1}${of}${levelName === undefined ? '' : ` (${levelName})`}`;
}

/** An incident as a person reads it in a terminal. `now` in ms since the epoch. Pure. */
export function incidentText(view: IncidentView, now: number): string {
  const rows: [string, string | undefined][] = [
    ['state', state(view)],
    ['severity', view.kind === 'security' ? `${view.severity}, security` : view.severity],
    ['system', view.service === undefined ? view.system : `${view.system}, ${view.service}`],
    ['opened', moment(view.openedAt, now)],
    ['resolved', view.resolvedAt === undefined ? undefined : moment(view.resolvedAt, now)],
    ['answered', view.ackedAt === undefined ? undefined : moment(view.ackedAt, now)],
    ['level', level(view)],
    ['next level', view.nextLevelAt === undefined ? undefined : moment(view.nextLevelAt, now)],
    ['next update', view.nextUpdateAt === undefined ? undefined : moment(view.nextUpdateAt, now)],
    ['reopened', view.reopened === 0 ? undefined : String(view.reopened)],
    ['last update', view.lastUpdate && `${view.lastUpdate.by}: ${oneLine(view.lastUpdate.text, 200)}`],
    ['part of', view.storm],
    ['', view.url],
  ];
  const shown = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return [
    oneLine(view.title, 200),
    view.incident,
    '',
    table(shown),
    ...section(
      `Alerts, ${view.firing} firing`,
      view.alerts
        .slice(0, 30)
        .map((alert) => [alert.status, relative(alert.since, now), alert.name, oneLine(alert.summary ?? '', 100)]),
    ),
    ...section(
      'Time targets',
      view.clocks.map((clock) => [clock.phase, utc(clock.dueAt), clockState(clock, now)]),
    ),
    ...section(
      'Checklist',
      view.checklist.map((step, at) => [
        `${at + 1}.`,
        step.doneAt === undefined ? '[ ]' : '[x]',
        step.doneBy === undefined ? step.step : `${step.step} (${step.doneBy})`,
      ]),
    ),
    ...section(
      'Runs',
      view.runs.map((run) => [run.outcome ?? 'runs', run.runbook, run.workflowId]),
    ),
    ...section(
      'Suggested',
      view.suggested.map((one) => [one.title, one.runbook === undefined ? '' : `start: ${one.runbook}`, one.url ?? '']),
    ),
  ].join('\n');
}

function clockState({ dueAt, doneAt, breachedAt }: IncidentView['clocks'][number], now: number): string {
  if (breachedAt !== undefined) return doneAt === undefined ? 'MISSED' : `MISSED, done ${utc(doneAt)}`;
  return doneAt === undefined ? relative(dueAt, now) : `done ${utc(doneAt)}`;
}

/** One line for each entry. Pure. */
export const timelineText = (entries: readonly TimelineEntry[]): string =>
  entries
    .map(({ at, kind, text, actor }) => `${utc(at)}  ${kind.padEnd(6)}  ${text}${actor ? `  [${actor.via}]` : ''}`)
    .join('\n');
