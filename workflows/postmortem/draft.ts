import type { IncidentView, TimelineEntry } from '../incident/types.js';
import type { Facts } from './input.js';
import { openQuestions } from './questions.js';
import { plain, span, table, time, toFill } from './text.js';
import { selected } from './timeline.js';

/** Rows of the timeline, and of each other table: a person reads them. */
const ROWS = 200;
const FEW_ROWS = 50;

export interface DraftInput extends Facts {
  title: string;
  severity: string;
  /** ms since the epoch, as all times. */
  endedAt: number;
  dueAt: number;
  /** Parts of the timeline that could not be read, as references. */
  unread: string[];
}

function figures({ view, severity, endedAt, entries }: DraftInput): string[][] {
  const { firstHumanAckAt: acked, triggeredAt, openedAt, levelName } = view;
  const firstPage = entries.find(({ kind }) => kind === 'page');
  const breached = view.clocks.filter((clock) => clock.breachedAt !== undefined).length;
  const level = view.level < 0 ? 'none' : `${view.level + 1}${levelName === undefined ? '' : ` (${plain(levelName)})`}`;
  const resolvedBy =
    view.resolvedBy === undefined ? '' : ` (by ${view.resolvedBy === 'source' ? 'its source' : 'a person'})`;
  return [
    ['Incident', `\`${view.incident.replaceAll('`', '')}\``],
    ['System', plain(view.service === undefined ? view.system : `${view.system}, ${view.service}`)],
    ['Severity', plain(severity)],
    ...(view.kind === 'security' ? [['Kind', 'security']] : []),
    ['First alert', time(triggeredAt)],
    ['Opened', `${time(openedAt)}, ${span(openedAt - triggeredAt)} after the first alert`],
    ['First page', firstPage ? `${time(firstPage.at)}, ${span(firstPage.at - openedAt)} after the opening` : 'none'],
    [
      'First answer of a person',
      acked === undefined ? 'none' : `${time(acked)}, ${span(acked - openedAt)} after the opening`,
    ],
    ['Ended', `${time(endedAt)}, ${span(endedAt - openedAt)} after the opening${resolvedBy}`],
    ['Owner at the end', plain(view.owner ?? 'nobody')],
    ['Highest level reached', `${level}${view.exhausted ? ', exhausted' : ''}`],
    ...(view.pages === undefined ? [] : [['Pages', String(view.pages)]]),
    ['Alerts', String(view.alerts.length)],
    ['Targets missed', `${breached} of ${view.clocks.length}`],
    ['Reopened', String(view.reopened)],
  ];
}

const row = ({ at, kind, text, actor }: TimelineEntry): string[] => [
  time(at),
  kind,
  plain(text),
  actor ? plain(`${actor.id} (${actor.via})`, 100) : '',
];

function timeline({ entries, stored, unread }: DraftInput): string[] {
  const { shown, omitted } = selected(entries, ROWS);
  return [
    ...table(['When', 'Kind', 'What', 'Who'], shown.map(row), 'The incident has no timeline.'),
    ...(omitted > 0 ? ['', `${omitted} alerts and pages are left out here.`] : []),
    ...(stored.length > 0 ? ['', `Earlier parts are kept at: ${stored.map((one) => plain(one)).join(', ')}`] : []),
    ...unread.map((one) => `\nNot readable when this was written, and missing above: ${plain(one)}`),
  ];
}

const clockRows = ({ clocks }: IncidentView): string[][] =>
  clocks.map(({ phase, dueAt, doneAt, breachedAt }) => [
    plain(phase),
    time(dueAt),
    doneAt === undefined ? 'never' : time(doneAt),
    breachedAt === undefined ? 'met' : 'missed',
  ]);

const runRows = ({ runs }: IncidentView): string[][] =>
  runs
    .slice(0, FEW_ROWS)
    .map(({ at, runbook, workflowId, by, outcome, summary }) => [
      time(at),
      plain(runbook),
      plain(workflowId),
      plain(by, 100),
      plain(`${outcome ?? 'not known'}${summary === undefined ? '' : `: ${summary}`}`),
    ]);

const alertRows = ({ alerts }: IncidentView): string[][] =>
  alerts
    .slice(0, FEW_ROWS)
    .map(({ name, status, since, summary }) => [time(since), plain(name, 120), plain(status), plain(summary ?? '')]);

function people(): string[] {
  const ask = (title: string, what: string) => ['', `## ${title}`, '', toFill(what)];
  return [
    ...ask('What was the cause', 'contributing causes, with evidence; systems, not persons'),
    ...ask('What went well', 'what helped'),
    ...ask('What went badly', 'what made it longer or worse'),
    '',
    '## Actions',
    '',
    '| What | Owner | Due | Ticket |',
    '| --- | --- | --- | --- |',
    `| ${toFill('actions')} | | | |`,
  ];
}

/**
 * First text of a postmortem: the facts of the timeline with times, who and what; lines to be filled in where only people know. It guesses no cause. The same input gives the same text. Pure.
 */
export function renderDraft(input: DraftInput): string {
  const { view, entries } = input;
  const ladder = entries.filter(({ kind }) => kind === 'ladder' || kind === 'page');
  const checklist = view.checklist.map(({ step, doneBy, doneAt }) => [
    plain(step),
    doneAt === undefined ? 'not ticked' : time(doneAt),
    plain(doneBy ?? '', 100),
  ]);
  const questions = openQuestions(input);
  return [
    `# Postmortem: ${plain(input.title, 200)}`,
    '',
    `To be published by ${time(input.dueAt)}. All times are UTC.`,
    '',
    '## Summary',
    '',
    toFill('two or three sentences: what happened, to whom, how it ended'),
    '',
    ...table(['Figure', 'Value'], figures(input), ''),
    '',
    '## Impact',
    '',
    `- Who was affected: ${toFill('users, customers, teams')}`,
    `- What they noticed: ${toFill('symptoms')}`,
    `- How many, and for how long: ${toFill('numbers')}`,
    `- Data and money: ${toFill('lost, wrong or exposed data; costs')}`,
    '',
    '## Timeline',
    '',
    ...timeline(input),
    '',
    '## Levels and pages',
    '',
    ...table(['When', 'Kind', 'What', 'Who'], selected(ladder, FEW_ROWS).shown.map(row), 'Nobody was paged.'),
    '',
    '## Alerts',
    '',
    ...table(['Since', 'Alert', 'Last state', 'Summary'], alertRows(view), 'It was opened without an alert.'),
    '',
    '## Runs',
    '',
    ...table(['When', 'Runbook', 'Run', 'By', 'Outcome'], runRows(view), 'No run belongs to it.'),
    '',
    '## Time targets',
    '',
    ...table(['Phase', 'Target', 'Done', 'Verdict'], clockRows(view), 'Its severity has no time targets.'),
    ...(checklist.length > 0 ? ['', '## Checklist', '', ...table(['Step', 'Done', 'By'], checklist, '')] : []),
    '',
    '## Open questions',
    '',
    ...(questions.length > 0 ? questions.map((one) => `- ${one}`) : ['None that the timeline raises.']),
    ...people(),
    '',
  ].join('\n');
}
