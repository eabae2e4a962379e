import { ended, type Telling, unreachable } from './outcomes.js';
import { inFlight, laneOf, type PagerState, partsOf, type PendingPage } from './state.js';

/** After a message, further pages are gathered for so long. */
export const GATHER_MS = 2_000;
/** Without anything to do for so long a pager ends. */
export const IDLE_MS = 3_600_000;

/** How a message ended; `cancelled` when all of its pages had been recalled before a try got through. */
export type Landing = { outcome: 'sent' | 'failed'; detail?: string } | { outcome: 'cancelled' };

/** Takes the end of the message of a channel. Changes the state; what must be told comes back, one outcome for each incident. Pure. */
export function land(state: PagerState, person: string, channel: string, landing: Landing, now: number): Telling[] {
  const lane = laneOf(state, channel);
  const { flight } = lane;
  if (flight === undefined) return [];
  const parts = partsOf(state, flight);
  const { outcome } = landing;
  delete lane.flight;
  lane.quietUntil = now + GATHER_MS;
  state.activeAt = now;
  for (const { one, way } of parts) one.ways[way] = outcome === 'sent' ? 'sent' : 'failed';
  if (outcome === 'sent') count(state, new Set(flight.parts.map(({ page }) => page)).size);
  const moment = { person, channel, at: now };
  const told = outcome === 'cancelled' ? [] : ended(parts, moment, outcome, landing.detail);
  return [...told, ...settle(state, person, now)];
}

function count(state: PagerState, pages: number): void {
  state.sent += 1;
  if (pages > 1) state.bundled += pages;
}

/** Drops the pages that nothing more can be done for, and tells of those that nothing got through for. */
function settle(state: PagerState, person: string, now: number): Telling[] {
  const ways = ({ ways: all }: PendingPage, states: string[]) => all.every((way) => states.includes(way));
  const done = (one: PendingPage) => (one.recalled ? !inFlight(one) : ways(one, ['sent', 'failed']));
  const lost = state.pending.filter((one) => !one.recalled && ways(one, ['failed']));
  state.pending = state.pending.filter((one) => !done(one));
  return lost.map((one) => unreachable(one, person, now, 'every way has failed'));
}

/** Channels whose message under way nobody needs any more: every page of it has been recalled. Pure. */
export function needless(state: PagerState): string[] {
  return Object.entries(state.lanes).flatMap(([channel, { flight }]) =>
    flight && partsOf(state, flight).every(({ one }) => one.recalled) ? channel : [],
  );
}

/** When a pager with nothing pending may end: after an hour, and not before its limits have forgotten its messages. Pure. */
export const endsAt = ({ activeAt, lanes }: PagerState, idleMs = IDLE_MS): number =>
  Math.max(activeAt + idleMs, ...Object.values(lanes).map(({ keepUntil }) => keepUntil));
