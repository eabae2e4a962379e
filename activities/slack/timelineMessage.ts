import type { TimelineEntry } from '../../workflows/incident/types.js';
import { context, paragraphs } from './blocks.js';
import type { SlackContent } from './post.js';
import { inert, moment } from './text.js';

const SIGN: Record<TimelineEntry['kind'], string> = {
  alert: ':bell:',
  page: ':pager:',
  ladder: ':ladder:',
  action: ':bust_in_silhouette:',
  clock: ':stopwatch:',
  update: ':memo:',
  run: ':gear:',
  system: ':information_source:',
};

/** At most so many in one message; the whole timeline is kept elsewhere. */
const SHOWN = 40;

function line({ at, kind, text, actor, before, after }: TimelineEntry): string {
  const who = actor ? ` — ${inert(actor.person ?? actor.id, 80)} (${actor.via})` : '';
  const change =
    before !== undefined || after !== undefined ? ` (${inert(before ?? '–', 80)} → ${inert(after ?? '–', 80)})` : '';
  return `${SIGN[kind]} ${moment(at, '{time_secs}')} ${inert(text, 400)}${change}${who}`;
}

/** Entries of a timeline as one message, in their order. */
export function timelineMessage(entries: TimelineEntry[]): SlackContent {
  const shown = entries.slice(-SHOWN);
  const left = entries.length - shown.length;
  return {
    text:
      shown
        .map((entry) => inert(entry.text, 200))
        .join('\n')
        .slice(0, 2_000) || 'Timeline',
    blocks: [
      ...(left > 0 ? [context(`${left} earlier entries are in the report.`)] : []),
      ...(shown.length > 0 ? paragraphs(shown.map(line)) : [context('Nothing new.')]),
    ],
  };
}
