import type { IncidentView, TimelineEntry } from './types.js';

const MAX_CHARS = 12_000;
const SHOWN = 60;

const iso = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
const plain = (text: string): string => text.replaceAll('\n', ' ').replaceAll('`', "'").slice(0, 300);

/** The incident as the Temporal UI shows it (markdown). Pure. */
export function renderDetails(view: IncidentView, timeline: TimelineEntry[]): string {
  const level = view.levelName === undefined ? 'no level yet' : `level ${view.level + 1} (${view.levelName})`;
  const lines = [
    `**${view.severity} ${plain(view.title)}**: ${view.phase}${view.exhausted ? ', ladder exhausted' : ''}${view.flapping ? ', flapping' : ''}`,
    '',
    `- Open since ${iso(view.openedAt)} UTC${view.reopened > 0 ? `, reopened ${view.reopened} times` : ''}`,
    `- Owner: ${view.owner ?? 'nobody'}; ${level}${view.nextLevelAt === undefined ? '' : `, next step ${iso(view.nextLevelAt)}`}`,
    `- Alerts firing: ${view.firing}${view.nextUpdateAt === undefined ? '' : `; next update ${iso(view.nextUpdateAt)}`}`,
  ];
  if (view.mergedInto !== undefined) lines.push(`- Part of \`${view.mergedInto}\``);
  if (view.storm !== undefined) lines.push(`- Gathered under \`${view.storm}\``);
  if (view.phase === 'triggered')
    lines.push(
      '',
      `Send the update \`acknowledge\` with \`{"actor":"you"}\`, or \`escalate\` with \`{"actor":"you","expectedLevel":${view.level}}\`.`,
    );
  for (const { title, url, runbook } of view.suggested)
    lines.push(
      `- Suggested: ${plain(title)}${runbook === undefined ? '' : ` (\`${runbook}\`)`}${url === undefined ? '' : ` ${url}`}`,
    );
  for (const alert of view.alerts)
    lines.push(
      `- ${alert.status}: ${plain(alert.name)}${alert.summary === undefined ? '' : `: ${plain(alert.summary)}`}`,
    );
  for (const [index, { step, doneBy }] of view.checklist.entries())
    lines.push(
      `- ${doneBy === undefined ? '☐' : '☑'} ${index}: ${plain(step)}${doneBy === undefined ? '' : ` (${doneBy})`}`,
    );
  lines.push('', '### Timeline', '');
  const entries = timeline.slice(-SHOWN).map(({ at, text }) => `- ${iso(at)} ${plain(text)}`);
  while (entries.length > 1 && lines.join('\n').length + entries.join('\n').length > MAX_CHARS) entries.shift();
  return [...lines, ...entries].join('\n').slice(0, MAX_CHARS);
}
