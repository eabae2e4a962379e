import type { ScheduleDescription } from '@temporalio/client';
import type { DesiredSchedule } from './desired.js';
import { existingFields } from './fields.js';
import { isOwn, lastApplied } from './mark.js';
import { nextState } from './state.js';

/** One field that differs; `from` or `to` is absent where the field is. */
export interface FieldChange {
  field: string;
  from?: string;
  to?: string;
}

/** What `apply` would do about one schedule; `prune` only by its own command, `foreign` never. */
export type Change =
  | { kind: 'create'; scheduleId: string; want: DesiredSchedule }
  /** `byHand`: the description has not changed since the last apply, so somebody has edited the schedule. */
  | { kind: 'update'; scheduleId: string; want: DesiredSchedule; fields: FieldChange[]; byHand: boolean }
  | { kind: 'unchanged'; scheduleId: string; want: DesiredSchedule }
  /** Carries our mark, but no description asks for it any more. */
  | { kind: 'prune'; scheduleId: string; system: string }
  /** Somebody else's schedule has the id. */
  | { kind: 'foreign'; scheduleId: string };

/** Compares one wanted schedule with what the server has under its id. Pure. */
export function compare(want: DesiredSchedule, existing: ScheduleDescription | undefined): Change {
  const { scheduleId } = want;
  if (existing === undefined) return { kind: 'create', scheduleId, want };
  if (!isOwn(scheduleId, existing.memo, want.system)) return { kind: 'foreign', scheduleId };
  const state = nextState(want, existing);
  const fields = [
    ...fieldChanges(existingFields(existing), want.fields),
    ...changed('enabled', String(!existing.state.paused), String(!state.paused)),
    ...changed('note', existing.state.note || undefined, state.note || undefined),
  ];
  if (fields.length === 0) return { kind: 'unchanged', scheduleId, want };
  const byHand = lastApplied(existing.action.memo).hash === want.hash;
  return { kind: 'update', scheduleId, want, fields, byHand };
}

/**
 * What lies between the wanted schedules and the existing ones of the same systems. `existing` may hold foreign ones; they are left out unless they
 * have an id that a wanted one needs. Pure.
 */
export function diff(
  wanted: readonly DesiredSchedule[],
  existing: readonly ScheduleDescription[],
  systems: readonly string[],
): Change[] {
  const byId = new Map(existing.map((schedule) => [schedule.scheduleId, schedule]));
  const ids = new Set(wanted.map(({ scheduleId }) => scheduleId));
  const left = existing.filter(({ scheduleId }) => !ids.has(scheduleId));
  return [
    ...wanted.map((want) => compare(want, byId.get(want.scheduleId))),
    ...left.flatMap(({ scheduleId, memo }): Change[] => {
      const system = systems.find((name) => isOwn(scheduleId, memo, name));
      return system === undefined ? [] : [{ kind: 'prune', scheduleId, system }];
    }),
  ];
}

function fieldChanges(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): FieldChange[] {
  const names = new Set([...Object.keys(to), ...Object.keys(from)]);
  return [...names].flatMap((field) => changed(field, from[field], to[field]));
}

function changed(field: string, from: string | undefined, to: string | undefined): FieldChange[] {
  if (from === to) return [];
  return [{ field, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}
