import type { RotaOverride } from '../../activities/oncall/types.js';
import type { CancelOverrideInput, OverrideAnswer, OverrideInput } from './messages.js';

/** Overrides that are not over; the memo that carries them must stay small. */
export const MOST = 100;
/** An override that is over is shown for so long; a keeper without any ends. */
export const KEEP_MS = 86_400_000;
/** Answers that are remembered for repeats. */
const ANSWERS = 100;
const LONGEST_MS = 92 * 86_400_000;

/** Plain JSON. */
export interface KeeperState {
  overrides: RotaOverride[];
  count: number;
  /** Request id and the answer to it, the oldest first. */
  answers: [string, OverrideAnswer][];
  /** When something was last changed, ms. */
  changedAt: number;
}

export const emptyKeeper = (now: number): KeeperState => ({ overrides: [], count: 0, answers: [], changedAt: now });

/** With an offset: without one it would be another instant on each machine. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value));
const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= max;

function badCommon({ actor, reason, requestId }: Record<string, unknown>): string | undefined {
  if (!isText(actor, 200)) return '"actor" is missing: say who you are (1 to 200 characters)';
  if (!isText(reason, 200)) return '"reason" is missing: say why (1 to 200 characters)';
  if (requestId !== undefined && !isText(requestId, 200)) return '"requestId" must be text of at most 200 characters';
  return undefined;
}

const asObject = (payload: unknown): Record<string, unknown> =>
  typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};

const isRepeat = (state: KeeperState, requestId: unknown): boolean => state.answers.some(([id]) => id === requestId);

const left = (state: KeeperState, now: number): RotaOverride[] =>
  state.overrides.filter(({ to }) => Date.parse(to) > now);

/** Why an override is not taken, or undefined. Pure and synchronous: it is the update's validator. */
export function refuseOverride(state: KeeperState, payload: unknown, now: number): string | undefined {
  const input = asObject(payload);
  const bad = badCommon(input);
  if (bad !== undefined) return bad;
  if (isRepeat(state, input['requestId'])) return undefined;
  const { person, from, to } = input;
  if (typeof person !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(person))
    return '"person" must be the id of one of the system\'s people, e.g. alice';
  if (!isInstant(from) || !isInstant(to))
    return '"from" and "to" must be date and time with an offset, e.g. 2030-12-24T18:00:00+01:00';
  const [start, end] = [Date.parse(from), Date.parse(to)];
  if (end <= start) return `"to" (${to}) is not after "from" (${from})`;
  if (end <= now) return `"to" (${to}) is over already; an override changes only what is to come`;
  if (end - start > LONGEST_MS) return 'an override lasts at most 92 days; change the rota in the description instead';
  if (left(state, now).length >= MOST)
    return `there are ${MOST} overrides that are not over; cancel one, or change the rota in the description`;
  return undefined;
}

/** Why a cancellation is not taken, or undefined. Pure and synchronous: it is the update's validator. */
export function refuseCancel(state: KeeperState, payload: unknown, now: number): string | undefined {
  const input = asObject(payload);
  const bad = badCommon(input);
  if (bad !== undefined) return bad;
  if (isRepeat(state, input['requestId'])) return undefined;
  const open = left(state, now).map(({ id }) => id);
  if (typeof input['id'] === 'string' && open.includes(input['id'])) return undefined;
  return `"id" must be an override that is not over: ${open.join(', ') || 'there is none'}`;
}

/** Takes an override that was not refused. Changes the state. Pure. */
export function takeOverride(state: KeeperState, input: OverrideInput, now: number): OverrideAnswer {
  return once(state, input.requestId, now, () => {
    const { actor, person, from, to, reason } = input;
    state.count += 1;
    const override = { id: `o${state.count}`, person, from, to, reason, by: actor, at: new Date(now).toISOString() };
    state.overrides.push(override);
    const answer = `${override.id}: ${person} is on call from ${from} to ${to}. Pages that were sent already stay with whom they went to.`;
    return { accepted: true, answer, override };
  });
}

/** Takes a cancellation that was not refused. Changes the state. Pure. */
export function takeCancel(state: KeeperState, input: CancelOverrideInput, now: number): OverrideAnswer | undefined {
  const override = state.overrides.find(({ id }) => id === input.id);
  const before = state.answers.find(([id]) => id === input.requestId)?.[1];
  if (before) return before;
  if (!override) return undefined;
  return once(state, input.requestId, now, () => {
    state.overrides = state.overrides.filter((one) => one !== override);
    const answer = `${override.id} of ${override.person} (${override.from} to ${override.to}) is cancelled; the rota goes on as if it had not been.`;
    return { accepted: true, answer, override };
  });
}

function once(
  state: KeeperState,
  requestId: string | undefined,
  now: number,
  take: () => OverrideAnswer,
): OverrideAnswer {
  const before = requestId === undefined ? undefined : state.answers.find(([id]) => id === requestId)?.[1];
  if (before) return before;
  const answer = take();
  state.changedAt = now;
  if (requestId !== undefined) state.answers.push([requestId, answer]);
  state.answers.splice(0, state.answers.length - ANSWERS);
  return answer;
}

/** Forgets what has been over for a day. True when there was any. Pure. */
export function dropOld(state: KeeperState, now: number): boolean {
  const kept = state.overrides.filter(({ to }) => Date.parse(to) + KEEP_MS > now);
  const dropped = kept.length < state.overrides.length;
  state.overrides = kept;
  return dropped;
}

/** When something is to be forgotten next, or the keeper may end because it has kept nothing for a day. Pure. */
export function nextAt({ overrides, changedAt }: KeeperState): number {
  if (overrides.length === 0) return changedAt + KEEP_MS;
  return Math.min(...overrides.map(({ to }) => Date.parse(to))) + KEEP_MS;
}
