import { LATE_MS, log, type Turn } from './turn.js';
import { severityOf } from './plan.js';

const MARKS = [50, 80, 100];

const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / 60_000))} min`;

function markAt(openedAt: number, dueAt: number, mark: number): number {
  return openedAt + Math.round(((dueAt - openedAt) * mark) / 100);
}

/** When the next mark of a time target is reached; each is told once. */
export function nextMark({ state }: Turn): number | undefined {
  if (state.phase === 'resolved' || state.phase === 'merged') return undefined;
  const times = state.clocks.flatMap(({ dueAt, emitted, doneAt }) =>
    doneAt === undefined
      ? MARKS.filter((mark) => !emitted.includes(mark)).map((mark) => markAt(state.openedAt, dueAt, mark))
      : [],
  );
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** Tells the marks that were reached: 50 and 80 percent in the timeline, a breach to the stakeholders too. */
export function tickClocks(turn: Turn): void {
  const { state, plan, now } = turn;
  if (state.phase === 'resolved' || state.phase === 'merged') return;
  for (const clock of state.clocks) {
    if (clock.doneAt !== undefined) continue;
    const reached = MARKS.filter(
      (mark) => !clock.emitted.includes(mark) && markAt(state.openedAt, clock.dueAt, mark) <= now,
    );
    const top = reached.at(-1);
    if (top === undefined) continue;
    clock.emitted.push(...reached);
    const target = minutes(clock.dueAt - state.openedAt);
    if (top < 100) {
      log(turn, 'clock', `"${clock.phase}": ${top} % of ${target} are gone`);
      continue;
    }
    clock.breachedAt = clock.dueAt;
    const late = now - clock.dueAt > LATE_MS ? ` (found ${minutes(now - clock.dueAt)} late)` : '';
    log(turn, 'clock', `"${clock.phase}" has missed its target of ${target}${late}`);
    turn.effects.push({
      type: 'tell',
      channels: severityOf(plan, state.severity).stakeholders,
      kind: 'page',
      title: `${state.severity} ${state.title}: "${clock.phase}" is over its target of ${target}`,
      text: `Open since ${new Date(state.openedAt).toISOString()}. ${state.owner ? `${state.owner} has it.` : 'Nobody has it.'}`,
    });
  }
}

/** A phase is over, and those that come before it in the plan with it. */
export function finishPhase(turn: Turn, phase: string): void {
  const { state, now } = turn;
  const upTo = state.clocks.findIndex((clock) => clock.phase === phase);
  for (const clock of state.clocks.slice(0, upTo + 1)) clock.doneAt ??= now;
}
