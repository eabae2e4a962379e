import type { OverdueRun, OverdueRuns } from '../../activities/types.js';
import type { AlarmFacts } from '../alarm/messages.js';

/** What the alarms of audits are about; part of their ids. */
export const SUBJECT = 'incident-overdue';

/** Start of the ids of a system's alarms about overdue incidents. */
export const alarmPrefix = (system: string): string => `alarm/${system}/${SUBJECT}/`;

/** Last part of an alarm's id: the workflow that it is about, whole. */
export const kindOf = (workflowId: string): string => workflowId;

/** The workflow that an alarm is about. */
export const watchedBy = (alarm: string, system: string): string => alarm.slice(alarmPrefix(system).length);

/** Workflows with an open alarm that are well again. Pure. */
export const wellAgain = (watched: readonly string[], found: OverdueRuns): string[] =>
  watched.filter((one) => !found.watched.includes(one) && !found.first.some(({ workflowId }) => workflowId === one));

/** What the alarm about an overdue workflow says. `now` in ms since the epoch. */
export function factsOf({ workflowId, type, deadline, state, severity }: OverdueRun, now: number): AlarmFacts {
  const late = Math.round((now - deadline) / 1_000);
  const what = [severity, type, state && `(${state})`].filter((one) => one !== undefined && one !== '').join(' ');
  return {
    title: `Overdue: ${what} ${workflowId}`,
    text: `It should have acted ${late} s ago and has not. Is a worker running, does its task fail? Look: belay watch ${workflowId}; steer it by hand: page who is on call, then belay incident update ${workflowId}`,
    since: new Date(deadline).toISOString(),
  };
}

/** One line for the report. */
export function verdict({ count, first }: OverdueRuns): string {
  if (count === 0) return 'no incident is overdue';
  const named = first.slice(0, 5).map(({ workflowId }) => workflowId);
  const more = count > named.length ? ` and ${count - named.length} more` : '';
  return `${count} overdue: ${named.join(', ')}${more}`;
}
