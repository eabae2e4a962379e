import type { ResolvedTargets } from '../../activities/oncall/types.js';
import type { Level } from '../../systems/incidentSchema.js';
import { policyOf, severityOf } from './plan.js';
import { LATE_MS, log, recall, type Turn } from './turn.js';

const PAGES_KEPT = 60;

/** Whether silence climbs the ladder now. */
export const climbing = ({ state }: Turn): boolean =>
  state.phase === 'triggered' && !state.exhausted && !state.flapping && state.storm === undefined;

/** When a level is due: absolute, from the opening of the incident or of the present window. */
function dueAt(turn: Turn, index: number, level: Level): number {
  const { state, plan } = turn;
  const severity = severityOf(plan, state.severity);
  const pause = index === 0 && !severity.urgent ? severity.pauseSeconds : 0;
  const plain = state.ladderAt + Math.max(level.afterSeconds, pause) * 1_000;
  return level.businessHoursOnly && !severity.urgent ? Math.max(plain, state.openings[index] ?? plain) : plain;
}

/** The next thing that the ladder does when nobody answers. */
export interface NextStep {
  at: number;
  /** Absent: the last level again, or the end of the ladder. */
  level?: number;
}

/** Undefined while nothing climbs. */
export function nextStep(turn: Turn): NextStep | undefined {
  if (!climbing(turn)) return undefined;
  const { state, plan } = turn;
  const policy = policyOf(plan, state.policy);
  const next = policy.levels[state.level + 1];
  if (next) return { at: dueAt(turn, state.level + 1, next), level: state.level + 1 };
  const last = policy.levels.length - 1;
  const top = policy.levels[last];
  if (!top) return undefined;
  return { at: dueAt(turn, last, top) + policy.repeatSeconds * 1_000 * (state.repeats + 1) };
}

const nameOf = (turn: Turn, index: number): string =>
  policyOf(turn.plan, turn.state.policy).levels[index]?.name ?? `level ${index + 1}`;

/** Pages a level. */
export function page(turn: Turn, index: number, why: string): void {
  const { state, plan } = turn;
  const level = policyOf(plan, state.policy).levels[index];
  if (!level) return;
  state.level = index;
  turn.effects.push({ type: 'page', level: index, generation: state.generation, targets: level.notify, why });
  log(turn, 'ladder', `Level ${index + 1} (${level.name}): ${why}`);
}

/**
 * Does what the ladder owes at this instant. After a pause of the worker several levels may be due: the highest is paged at once and those below are
 * passed over, so that nobody gets a burst.
 */
export function climb(turn: Turn): void {
  const { state, plan, now } = turn;
  const step = nextStep(turn);
  if (!step || step.at > now) return;
  const late = now - step.at > LATE_MS ? `, ${Math.round((now - step.at) / 60_000)} min late` : '';
  const { levels, repeat } = policyOf(plan, state.policy);
  const { urgent } = severityOf(plan, state.severity);
  if (step.level === undefined) {
    if (state.repeats >= repeat) {
      exhaust(turn, late);
      return;
    }
    const missed = Math.floor((now - step.at) / (policyOf(plan, state.policy).repeatSeconds * 1_000));
    state.repeats = Math.min(repeat, state.repeats + 1 + missed);
    // A new generation: the same person may be paged again.
    state.generation += 1;
    page(turn, levels.length - 1, `nobody has answered, repeat ${state.repeats} of ${repeat}${late}`);
    return;
  }
  const waiting = levels[step.level];
  if (waiting?.businessHoursOnly && !urgent && !(step.level in state.openings)) {
    state.openings[step.level] = Number.MAX_SAFE_INTEGER;
    turn.effects.push({ type: 'opening', level: step.level, at: step.at });
    return;
  }
  let highest = step.level;
  for (let index = step.level + 1; index < levels.length; index++) {
    const level = levels[index];
    if (!level || dueAt(turn, index, level) > now || (level.businessHoursOnly && !urgent)) break;
    highest = index;
  }
  for (let index = step.level; index < highest; index++)
    log(turn, 'ladder', `Level ${index + 1} (${nameOf(turn, index)}) was passed over: its time had gone by`);
  const first = state.level === -1 && highest === 0;
  page(turn, highest, first ? `opened${late}` : `nobody has answered${late}`);
}

/** Business hours begin at `at`, for a level that waits for them. */
export function opensAt(turn: Turn, level: number, at: number): void {
  turn.state.openings[level] = at;
  if (at > turn.now)
    log(
      turn,
      'ladder',
      `Level ${level + 1} (${nameOf(turn, level)}) waits for business hours: ${new Date(at).toISOString()}`,
    );
}

/** All levels and repeats are used up. It is alarmed itself: the fallback, and whoever is told of pages. */
function exhaust(turn: Turn, late: string): void {
  const { state, plan } = turn;
  const { fallback } = policyOf(plan, state.policy);
  state.exhausted = true;
  state.generation += 1;
  log(turn, 'ladder', `The ladder is exhausted: nobody has answered${late}`);
  if (fallback.length > 0)
    turn.effects.push({
      type: 'page',
      level: state.level,
      generation: state.generation,
      targets: fallback,
      why: 'the escalation ladder is exhausted: nobody has answered',
    });
  const channels = [plan.incidents.channel, ...severityOf(plan, state.severity).stakeholders];
  turn.effects.push({
    type: 'tell',
    channels: channels.filter((one) => one !== undefined),
    kind: 'page',
    title: `Nobody answers: ${state.title}`,
    text: `All levels of the escalation policy ${state.policy} were paged, the last one ${state.repeats + 1} times. Nobody has acknowledged.`,
  });
}

/** What became of a page effect: who was paged. A level that leads to nobody is left at once, and never entered again. */
export function raised(turn: Turn, level: number, generation: number, found: ResolvedTargets): void {
  const { state, plan, now } = turn;
  const people = found.people.map(({ id }) => id);
  for (const why of found.empty) log(turn, 'ladder', `Level ${level + 1}: ${why}`);
  if (people.length > 0) {
    state.firstPageAt ??= now;
    state.pages.push({ level, generation, at: now, people });
    if (state.pages.length > PAGES_KEPT) state.pages.shift();
    state.paged = [...new Set([...state.paged, ...people])];
    const late = generation !== state.generation || state.phase !== 'triggered';
    log(turn, 'page', `Paged: ${people.join(', ')}${late ? ' (late: the incident had moved on meanwhile)' : ''}`);
    if (late) recall(turn, 'the incident had moved on');
    if (policyOf(plan, state.policy).levels[level]?.multiAck && !late)
      state.unanswered = [...new Set([...state.unanswered, ...people])];
    return;
  }
  if (generation !== state.generation || state.level !== level || !climbing(turn) || found.channels.length > 0) return;
  const { levels, fallback } = policyOf(plan, state.policy);
  if (level + 1 < levels.length) {
    page(turn, level + 1, `level ${level + 1} leads to nobody, so the next one at once`);
    return;
  }
  // Above the last level there is only the fallback; once per generation, so that it cannot go round in circles.
  if (fallback.length > 0 && !state.openings[`fallback-${generation}`]) {
    state.openings[`fallback-${generation}`] = 1;
    log(turn, 'ladder', 'No level leads to anybody: the fallback is paged');
    turn.effects.push({ type: 'page', level, generation, targets: fallback, why: 'nobody is on call on any level' });
  }
}

/** Begins a new window at the present level (or the first): pages under way are stale from here on. */
export function rewind(turn: Turn, from: 'present' | 'first'): void {
  const { state, plan, now } = turn;
  state.generation += 1;
  state.exhausted = false;
  state.repeats = 0;
  state.openings = {};
  state.phase = 'triggered';
  delete state.owner;
  delete state.ackedAt;
  delete state.askedAt;
  state.unanswered = [];
  const { levels } = policyOf(plan, state.policy);
  const index = from === 'first' ? 0 : Math.min(Math.max(state.level, 0), levels.length - 1);
  state.level = index - 1;
  state.ladderAt = now - (levels[index]?.afterSeconds ?? 0) * 1_000;
}
