import type { ScheduleDescription } from '@temporalio/client';
import pc from 'picocolors';
import { type Change, nextTimes, serverTimesText, timesText } from '../../../../schedules/index.js';
import { SHOWN_TIMES } from './changes.js';
import { type FireTime, fireTime, fireTimeText } from './fireTimes.js';

/** One schedule as `belay schedules list` tells it. */
export interface ScheduleRow {
  scheduleId: string;
  runbook: string;
  times: string;
  timeZone: string;
  /** What `apply` or `prune` would do. */
  pending: Change['kind'];
  state: 'not applied' | 'active' | 'paused';
  note?: string;
  next: FireTime[];
  /** Since the schedule was created. */
  started?: number;
  missed?: number;
  skipped?: number;
  lastRun?: { workflowId: string; at: string };
  /** What needs a look. */
  warnings: string[];
}

/** Puts together what the description wants and what the server has. Pure. */
export function scheduleRow(change: Change, existing: ScheduleDescription | undefined, now: number): ScheduleRow {
  const want = 'want' in change ? change.want : undefined;
  const { scheduleId, kind: pending } = change;
  if (existing === undefined || pending === 'foreign') {
    const times = want?.times;
    const zone = times?.kind === 'clock' ? times.timeZone : undefined;
    const next = times && want.enabled ? nextTimes(times, now, SHOWN_TIMES).map((at) => fireTime(at, zone)) : [];
    const warning =
      pending === 'foreign' ? "somebody else's schedule has this id" : 'not applied: belay schedules apply';
    return {
      ...{ scheduleId, runbook: want?.runbook ?? '', times: times ? timesText(times) : '', timeZone: zone ?? 'UTC' },
      ...{ pending, state: 'not applied', next, warnings: [warning] },
    };
  }
  const { spec, action, state, info } = existing;
  const zone = spec.calendars !== undefined && spec.calendars.length > 0 ? spec.timezone || 'UTC' : undefined;
  const last = info.recentActions.at(-1);
  return {
    ...{ scheduleId, runbook: action.workflowType, times: serverTimesText(spec), timeZone: zone ?? 'UTC', pending },
    state: state.paused ? 'paused' : 'active',
    ...(state.note && { note: state.note }),
    next: state.paused ? [] : info.nextActionTimes.slice(0, SHOWN_TIMES).map((at) => fireTime(at.getTime(), zone)),
    started: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
    ...(last && { lastRun: { workflowId: last.action.workflow.workflowId, at: last.takenAt.toISOString() } }),
    warnings: warnings(pending, existing, want?.enabled ?? true),
  };
}

function warnings(pending: Change['kind'], { scheduleId, state, info }: ScheduleDescription, on: boolean): string[] {
  const missed = info.numActionsMissedCatchupWindow;
  const skipped = info.numActionsSkippedOverlap;
  return [
    ...(state.paused && on ? [`is paused${state.note ? ` (${state.note})` : ''}: ${resume(scheduleId)}`] : []),
    ...(on ? [] : ['is off in its description (enabled: false)']),
    ...(missed > 0
      ? [
          `${missed} start(s) missed for good: Temporal was away for longer than the catch-up window; start by hand if needed`,
        ]
      : []),
    ...(skipped > 0 ? [`${skipped} start(s) skipped because the run before still went on`] : []),
    ...(pending === 'update' ? ['differs from its description: belay schedules diff'] : []),
    ...(pending === 'prune' ? ['no longer described: belay schedules prune'] : []),
  ];
}

function resume(scheduleId: string): string {
  return `temporal schedule toggle --unpause --schedule-id ${scheduleId} --reason …`;
}

/** The rows for people. Pure. */
export function listText(rows: ScheduleRow[]): string {
  if (rows.length === 0) return 'No schedules. Describe them under `schedules:`; see docs/schedules.md';
  return rows.map((row) => rowLines(row).join('\n')).join('\n\n');
}

function rowLines(row: ScheduleRow): string[] {
  const counts =
    row.started === undefined ? '' : `; ${row.started} started, ${row.missed} missed, ${row.skipped} skipped`;
  return [
    `${pc.bold(row.scheduleId)}  ${row.runbook}  ${row.times} ${row.timeZone}  ${row.state}${counts}`,
    ...(row.note && row.state !== 'paused' ? [`  note  ${row.note}`] : []),
    ...row.next.map((time, index) => `  ${index === 0 ? 'next' : '    '}  ${fireTimeText(time)}`),
    ...(row.lastRun ? [`  last  ${row.lastRun.workflowId} at ${row.lastRun.at}`] : []),
    ...row.warnings.map((warning) => `  ${pc.yellow('!')} ${warning}`),
  ];
}
