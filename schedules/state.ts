import type { ScheduleDescription } from '@temporalio/client';
import type { DesiredSchedule } from './desired.js';
import { type LastApplied, lastApplied } from './mark.js';

/** Stands with a schedule that its description switches off, unless that gives a note of its own. */
const OFF_NOTE = 'Off in the description (enabled: false)';

type Want = Pick<DesiredSchedule, 'enabled' | 'note' | 'hash'>;

/** Whether a schedule rests, the note that is shown with it, and what we remember of both. */
export interface State {
  paused: boolean;
  note: string;
  applied: LastApplied;
}

function ownNote({ enabled, note }: Want): string {
  return note ?? (enabled ? '' : OFF_NOTE);
}

/** State of a schedule that is created now. Pure. */
export function firstState(want: Want): State {
  const { enabled, hash } = want;
  const note = ownNote(want);
  return { paused: !enabled, note, applied: { hash, ownNote: note, leftNote: note, pausedByUs: !enabled } };
}

/**
 * State that an existing schedule should have. A note that we did not write is an operator's (or the server's, after a failure) and stays; so does a
 * pause, unless we made it because the description had switched the schedule off. Pure.
 */
export function nextState(want: Want, { action, state }: Pick<ScheduleDescription, 'action' | 'state'>): State {
  const before = lastApplied(action.memo);
  const present = state.note ?? '';
  const noteIsOurs = present === '' || present === before.ownNote;
  const pauseIsOurs = state.paused && before.pausedByUs === true && present === before.leftNote;
  const note = noteIsOurs ? ownNote(want) : present;
  const pausedByUs = !want.enabled && (!state.paused || pauseIsOurs);
  return {
    paused: !want.enabled || (state.paused && !pauseIsOurs),
    note,
    applied: { hash: want.hash, ownNote: ownNote(want), leftNote: note, pausedByUs },
  };
}
