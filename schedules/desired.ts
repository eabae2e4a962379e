import type { ScheduleOptions, ScheduleOptionsStartWorkflowAction, Workflow } from '@temporalio/client';
import type { System } from '../systems/schema.js';
import type { Schedule } from '../systems/scheduleSchema.js';
import { hashOf } from '../workflows/kit/hash.js';
import type { Runbook } from '../workflows/kit/runbook.js';
import { attributes } from '../workflows/kit/searchAttributes.js';
import { describedFields, type Fields } from './fields.js';
import { filledInput, requester } from './input.js';
import { ownerKey, type OwnerMark, scheduleId } from './mark.js';
import { overlapPolicy, specOf } from './spec.js';
import { type Times, timesOf } from './times.js';

/** A schedule as a description wants it. */
export interface DesiredSchedule {
  /** `belay/<system>/<id>` */
  scheduleId: string;
  system: string;
  runbook: string;
  times: Times;
  enabled: boolean;
  note?: string;
  /** What decides, in readable form; the same form is made of what the server has. */
  fields: Fields;
  /** Hash of `fields`. */
  hash: string;
  /** What is sent to Temporal, but for the state, in which operators have a say, and our memory of it. */
  options: Required<Pick<ScheduleOptions<Action>, 'spec' | 'action' | 'policies' | 'typedSearchAttributes' | 'memo'>>;
}

type Action = ScheduleOptionsStartWorkflowAction<Workflow>;

export interface DesiredOptions {
  runbooks: Readonly<Record<string, Runbook>>;
  /** Queue that the runs are started on. */
  taskQueue: string;
}

/** The schedules that a system's description asks for. Expects one that `checkSchedules` found right; throws RangeError otherwise. Pure. */
export function desired(system: System, options: DesiredOptions): DesiredSchedule[] {
  return system.schedules.map((schedule) => desiredOne(system.name, schedule, options));
}

function desiredOne(system: string, schedule: Schedule, { runbooks, taskQueue }: DesiredOptions): DesiredSchedule {
  const runbook = Object.hasOwn(runbooks, schedule.runbook) ? runbooks[schedule.runbook] : undefined;
  const times = timesOf(schedule);
  if (runbook === undefined || times === undefined)
    throw new RangeError(`Schedule "${schedule.id}" of ${system} is not valid; see: belay systems check`);
  const id = scheduleId(system, schedule.id);
  const spec = specOf(times, schedule.jitterSeconds, schedule.cron ?? schedule.id);
  const policies = {
    overlap: overlapPolicy(schedule.overlap),
    catchupWindow: schedule.catchupWindowSeconds * 1_000,
    pauseOnFailure: schedule.pauseOnFailure,
  };
  const action: Action = {
    type: 'startWorkflow',
    workflowType: runbook.id,
    workflowId: `${runbook.id}/${system}/${schedule.id}`,
    taskQueue,
    args: [filledInput(schedule, system, runbook)],
    staticSummary: summary(`${runbook.title}: ${system} (${schedule.reason})`),
    typedSearchAttributes: [
      { key: attributes.runbook, value: runbook.id },
      { key: attributes.system, value: system },
      { key: attributes.requestedBy, value: requester(schedule.id) },
    ],
  };
  const fields = describedFields(times, schedule.jitterSeconds * 1_000, action, policies);
  const hash = hashOf(fields);
  const { enabled, note } = schedule;
  const owner: OwnerMark = { managedBy: 'belay', system, schedule: schedule.id, hash };
  return {
    ...{ scheduleId: id, system, runbook: runbook.id, times, enabled, fields, hash },
    ...(note !== undefined && { note }),
    options: {
      ...{ spec, action, policies },
      typedSearchAttributes: [
        { key: attributes.runbook, value: runbook.id },
        { key: attributes.system, value: system },
      ],
      memo: { [ownerKey]: owner },
    },
  };
}

/** Temporal shows at most 200 bytes of it, in lists. */
function summary(text: string): string {
  let out = text;
  while (Buffer.byteLength(out) > 190) out = out.slice(0, -1);
  return out;
}
