import { hashOf } from '../kit/hash.js';
import type { Plan } from '../kit/types.js';
import type { Deadlines } from './deadlines.js';
import { type Desk, revisionOf } from './desk.js';
import type { Subject } from './tell.js';
import { missingIn, time } from './text.js';

/** What a postmortem will do, for a dry run and for the UI. Pure. */
export function planOf({ title, severity }: Subject, deadlines: Deadlines, desk: Desk, unread: string[]): Plan {
  const { dueAt, reminders } = deadlines;
  const plan = {
    summary: `Postmortem of ${severity} ${title}, due ${time(dueAt)}`,
    steps: [
      { title: `Keep the draft, revision ${revisionOf(desk)}`, detail: `${desk.text.length} characters` },
      ...reminders.map((at) => ({ title: `Remind at ${time(at)}` })),
      { title: `Tell once that it is overdue, at ${time(dueAt)}` },
      {
        title: 'Keep the final text when it is published',
        detail: `${missingIn(desk.text).length} things to be filled in`,
      },
    ],
    warnings: unread.map((reference) => `A part of the timeline could not be read: ${reference}`),
    facts: { text: hashOf(desk.text), dueAt, reminders },
  };
  return { ...plan, hash: hashOf(plan) };
}
