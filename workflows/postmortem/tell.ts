import type { NotificationKind } from '../../activities/types.js';
import type { Run } from '../kit/run.js';
import type { PostmortemInput } from './input.js';
import type { Desk } from './desk.js';
import type { Deadlines } from './deadlines.js';
import { missingIn, span, time } from './text.js';

/** What is told of, and where: a security incident is named only where those read who may. */
export interface Subject {
  title: string;
  severity: string;
  security: boolean;
}

function place({ system }: Run<PostmortemInput>, { title, security }: Subject): { channel?: string; name: string } {
  const incidents = system.incidents;
  const restricted = incidents?.restricted?.channel;
  if (security && restricted !== undefined) return { channel: restricted, name: title };
  const channel = incidents?.postmortem.channel ?? incidents?.channel;
  return { ...(channel !== undefined && { channel }), name: security ? 'a security incident' : title };
}

/** Tells the channel of postmortems; where there is none, the run's page in the UI says the same. */
export function tell(
  run: Run<PostmortemInput>,
  subject: Subject,
  kind: NotificationKind,
  what: string,
  text: string,
): void {
  const { channel, name } = place(run, subject);
  if (channel !== undefined) run.notifyThrough(channel, kind, `${what}: ${subject.severity} ${name}`, text);
}

/** What stands between the text and its publication. */
export function stands(desk: Desk): string {
  const missing = missingIn(desk.text).length;
  if (desk.stage === 'inReview') return `In review since ${desk.submittedBy ?? 'somebody'} submitted it`;
  return missing === 0
    ? 'A draft, with nothing left to be filled in'
    : `A draft, ${missing} things are to be filled in`;
}

/** How to go on, for a message. */
export const howTo = (workflowId: string): string =>
  `Read it: belay postmortem draft ${workflowId}\nWrite it: belay postmortem edit ${workflowId} --file …, then submit and publish`;

/** One line for the UI. */
export function headline(desk: Desk, { dueAt }: Deadlines, now: number): string {
  const due = now < dueAt ? `due in ${span(dueAt - now)}` : `overdue since ${time(dueAt)}`;
  return `${stands(desk)}; ${due}`;
}
