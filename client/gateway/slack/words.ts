import { link, moment } from '../../../activities/slack/text.js';
import type { ActionAnswer, IncidentView } from '../../../workflows/incident/types.js';
import { line } from './respond.js';

/** Last part of a workflow id: what people type. */
export const shortId = (incident: string): string => incident.split('/').at(-1) ?? incident;

/** Slack shows at most 40,000 characters; a list that long helps nobody. */
const listed = 20;

/** What became of an action, for the person who asked. */
export function answerText({ accepted, answer, code }: ActionAnswer, view?: IncidentView): string {
  const about = view && code !== 'RESTRICTED' ? `*${line(view.title)}*: ` : '';
  if (code === 'ACCEPTED_PENDING') return `${about}Taken, but not confirmed yet. ${line(answer)}`;
  return `${about}${accepted ? '' : 'Not done: '}${line(answer)}`;
}

/** One incident in a list. */
export function summaryLine(view: IncidentView): string {
  const who = view.owner === undefined ? 'nobody has it' : `${line(view.owner)} has it`;
  return `• *${line(view.severity)}* ${line(view.title)}: ${view.phase}, ${who}, since ${moment(view.openedAt)} \`${line(shortId(view.incident))}\``;
}

/** The list of open incidents; `unread` are those that could not be asked. */
export function listText(views: readonly IncidentView[], unread: number): string {
  const lines = views.slice(0, listed).map(summaryLine);
  const more = views.length > listed ? [`… and ${views.length - listed} more`] : [];
  const lost = unread > 0 ? [`${unread} more could not be read just now.`] : [];
  const all = [...lines, ...more, ...lost];
  return all.length === 0 ? 'No open incidents.' : all.join('\n');
}

/** All that a person needs of one incident. */
export function showText(view: IncidentView): string {
  const facts = [
    `*${line(view.severity)} ${line(view.title)}* (${line(view.system)}${view.service === undefined ? '' : `, ${line(view.service)}`})`,
    `State: ${view.phase}${view.exhausted ? ', the ladder is exhausted' : ''}${view.flapping ? ', flapping' : ''}; open since ${moment(view.openedAt)}`,
    view.owner === undefined ? 'Nobody has it.' : `Owner: ${line(view.owner)}`,
    `Level: ${view.level < 0 ? 'none yet' : `${view.level + 1}${view.levels === undefined ? '' : ` of ${view.levels}`}${view.levelName === undefined ? '' : ` (${line(view.levelName)})`}`}${
      view.nextLevelAt === undefined ? '' : `; next at ${moment(view.nextLevelAt, '{time_secs}')}`
    }`,
    ...(view.snoozedUntil === undefined ? [] : [`Snoozed until ${moment(view.snoozedUntil)}`]),
    `Alerts firing: ${view.firing}${
      view.alerts.length === 0
        ? ''
        : ` (${view.alerts
            .slice(0, 5)
            .map(({ name }) => line(name))
            .join(', ')})`
    }`,
    ...view.suggested.slice(0, 5).map(({ title, url }) => `Runbook: ${link(url, title)}`),
    ...(view.lastUpdate === undefined
      ? []
      : [`Last update, ${line(view.lastUpdate.by)}: ${line(view.lastUpdate.text)}`]),
    ...(view.url === undefined ? [] : [link(view.url, 'In the Temporal UI')]),
    `\`${line(view.incident)}\``,
  ];
  return facts.join('\n');
}
