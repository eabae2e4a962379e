import pc from 'picocolors';
import { type Change, nextTimes } from '../../../../schedules/index.js';
import { type FireTime, fireTime, fireTimeText } from './fireTimes.js';

/** How many of the next starts are shown. */
export const SHOWN_TIMES = 3;

function next(change: Change, now: number): FireTime[] {
  if (change.kind !== 'create' && change.kind !== 'update') return [];
  const { times, enabled } = change.want;
  if (!enabled) return [];
  const zone = times.kind === 'clock' ? times.timeZone : undefined;
  return nextTimes(times, now, SHOWN_TIMES).map((at) => fireTime(at, zone));
}

/** One change in the form of `--json`. */
export function changeAsJson(change: Change, now: number = Date.now()): Record<string, unknown> {
  const { kind, scheduleId } = change;
  return {
    ...{ kind, scheduleId },
    ...('want' in change && { system: change.want.system, runbook: change.want.runbook }),
    ...(change.kind === 'create' && { fields: change.want.fields }),
    ...(change.kind === 'update' && { fields: change.fields, byHand: change.byHand }),
    ...((kind === 'create' || kind === 'update') && { next: next(change, now) }),
  };
}

/** The same for people. */
export function changeLines(change: Change, now: number = Date.now()): string[] {
  const { scheduleId: id } = change;
  const starts = next(change, now).map((time, index) => `    ${index === 0 ? 'next' : '    '} ${fireTimeText(time)}`);
  switch (change.kind) {
    case 'create':
      return [
        `${pc.green('+')} ${id}  create`,
        ...Object.entries(change.want.fields).map(([field, value]) => `    ${field}: ${value}`),
        ...starts,
      ];
    case 'update':
      return [
        `${pc.yellow('~')} ${id}  update${change.byHand ? ' (was edited by hand)' : ''}`,
        ...change.fields.map(({ field, from, to }) => `    ${field}: ${from ?? '(none)'} → ${to ?? '(none)'}`),
        ...starts,
      ];
    case 'unchanged':
      return [`  ${id}  unchanged`];
    case 'prune':
      return [`${pc.red('-')} ${id}  no longer described; removed only by: belay schedules prune`];
    case 'foreign':
      return [`${pc.red('!')} ${id}  is somebody else's schedule; left alone`];
  }
}

/** `1 create, 2 unchanged` */
export function countLine(changes: Change[]): string {
  if (changes.length === 0) return 'No schedules.';
  const counts = new Map<string, number>();
  for (const { kind } of changes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
