import { knownFields } from '../systems/knownFields.js';
import type { Schedule } from '../systems/scheduleSchema.js';
import type { Runbook } from '../workflows/kit/runbook.js';

/** Fields of an input that the schedule itself answers for. */
export const filledFields = ['system', 'reason', 'requestedBy'] as const;

/** Who is named as the one who asked for a scheduled run. */
export function requester(scheduleId: string): string {
  return `schedule:${scheduleId}`;
}

/** The input that the runs get: the described one, and what the runbook knows of system, reason and requestedBy. Pure. */
export function filledInput(
  schedule: Pick<Schedule, 'id' | 'input' | 'reason'>,
  system: string,
  runbook: Runbook,
): Record<string, unknown> {
  const known = knownFields(runbook.input, []);
  const filled = { system, reason: schedule.reason, requestedBy: requester(schedule.id) };
  const wanted = Object.entries(filled).filter(([field]) => known.includes(field));
  return { ...schedule.input, ...Object.fromEntries(wanted) };
}
