import type { LocalRota, Override } from '../../activities/oncall/rota.js';
import { type Shift, shiftsBetween } from '../../activities/oncall/shifts.js';

/** Somebody is on call, or is not any more, for a span of time (ms since the epoch). */
export interface ShiftChange {
  person: string;
  does: 'gets' | 'loses';
  from: number;
  to: number;
}

/** Who gets and who loses which time of a span when the overrides made at run time change. Whoever keeps theirs is not named. Pure. */
export function shiftChanges(
  rota: LocalRota,
  span: { from: number; to: number },
  before: readonly Override[],
  after: readonly Override[],
): ShiftChange[] {
  const old = shiftsBetween(rota, span.from, span.to, before);
  const now = shiftsBetween(rota, span.from, span.to, after);
  return joined([...without(now, old, 'gets'), ...without(old, now, 'loses')]);
}

/** The times at which somebody is on call in `shifts` but not in `others`. */
function without(shifts: Shift[], others: Shift[], does: ShiftChange['does']): ShiftChange[] {
  return shifts.flatMap((shift) =>
    others.flatMap((other) => {
      const [from, to] = [Math.max(shift.from, other.from), Math.min(shift.to, other.to)];
      if (from >= to) return [];
      const here = new Set(other.people.map(({ person }) => person));
      return shift.people.filter(({ person }) => !here.has(person)).map(({ person }) => ({ person, does, from, to }));
    }),
  );
}

function joined(changes: ShiftChange[]): ShiftChange[] {
  const found: ShiftChange[] = [];
  for (const change of changes) {
    const last = found.findLast(
      ({ person, does, to }) => person === change.person && does === change.does && to === change.from,
    );
    if (last) last.to = change.to;
    else found.push({ ...change });
  }
  return found;
}
