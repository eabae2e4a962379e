import type { PageBundle } from '../../activities/incident/types.js';
import type { ResolvedContact } from '../../activities/oncall/types.js';
import { hashOf } from '../kit/hash.js';
import { delayed, type Part, type Telling } from './outcomes.js';
import { type Lane, laneOf, type PagerState, partsOf, type PendingPage } from './state.js';

/** A message that is under way for longer is not waited for: the next contact is asked. */
export const SLOW_MS = 45_000;
/** Pages in one message; it must stay far below Temporal's 2 MiB. */
const BUNDLE = 100;

/** A message to send now. */
export interface Sending {
  contact: ResolvedContact;
  bundle: PageBundle;
}

export interface Decision {
  send: Sending[];
  tell: Telling[];
  /** When to decide again if nothing happens; undefined when only the end of a message, or a new page, can change anything. */
  wakeAt?: number;
}

/** A contact that a page has not been sent to yet. */
interface Unsent extends Part {
  contact: ResolvedContact;
}

/** Who decides for whom, when. */
interface Turn {
  state: PagerState;
  person: string;
  now: number;
  decision: Decision;
}

/** When a contact's turn comes: by the clock, or at once when the contact before it gives no hope. */
function dueAt({ page, contacts, ways }: PendingPage, way: number): number {
  const before = ways[way - 1];
  if (before === 'failed' || before === 'limited' || before === 'slow') return -Infinity;
  return page.at + (contacts[way]?.afterSeconds ?? 0) * 1_000;
}

/** When the next message through a lane keeps to the contact's limits. */
function freeAt({ sentAt }: Lane, { limits }: ResolvedContact): number {
  const times = limits.map(({ max, withinSeconds }) => {
    const oldest = sentAt[sentAt.length - max];
    return oldest === undefined ? -Infinity : oldest + withinSeconds * 1_000;
  });
  return Math.max(-Infinity, ...times);
}

/** What to send, to tell and to wait for at `now`. Changes the state: what it gives to send counts as under way. Pure. */
export function decide(state: PagerState, person: string, now: number): Decision {
  const turn: Turn = { state, person, now, decision: { send: [], tell: [] } };
  for (const channel of Object.keys(state.lanes)) slowDown(turn, channel);
  // A contact that keeps a page back makes the next one due, which may be of a lane that was looked at already.
  let held: boolean;
  do {
    held = false;
    const channels = new Set(unsent(state).map(({ contact }) => contact.channel));
    for (const channel of channels) held = attend(turn, channel) || held;
  } while (held);
  const wakeAt = nextLook(state, now);
  return wakeAt === undefined ? turn.decision : { ...turn.decision, wakeAt };
}

function unsent(state: PagerState): Unsent[] {
  return state.pending
    .filter(({ recalled }) => !recalled)
    .flatMap((one) =>
      one.contacts.flatMap((contact, way) =>
        one.ways[way] === 'waiting' || one.ways[way] === 'limited' ? { one, way, contact } : [],
      ),
    );
}

const isSlow = ({ flight }: Lane, now: number): boolean => flight !== undefined && flight.startedAt + SLOW_MS <= now;

/** Gives up waiting for a message that has been under way for too long, not the message itself. */
function slowDown({ state, person, now, decision }: Turn, channel: string): void {
  const lane = laneOf(state, channel);
  if (!isSlow(lane, now)) return;
  const fresh = partsOf(state, lane.flight).filter(({ one, way }) => one.ways[way] === 'sending');
  for (const { one, way } of fresh) one.ways[way] = 'slow';
  const open = fresh.filter(({ one }) => !one.recalled);
  decision.tell.push(...delayed(open, { person, channel, at: now }, `no answer for ${SLOW_MS / 1_000} s`));
}

/** Sends what is due through a channel, or keeps it back. True when something is kept back that was not before. */
function attend(turn: Turn, channel: string): boolean {
  const { state, now } = turn;
  const lane = laneOf(state, channel);
  const due = unsent(state).filter(({ one, way, contact }) => contact.channel === channel && dueAt(one, way) <= now);
  // How the person wants to be reached is told best by the newest page.
  const contact = due.toSorted((a, b) => b.one.page.at - a.one.page.at)[0]?.contact;
  if (contact === undefined) return false;
  if (isSlow(lane, now)) return hold(turn, channel, due, 'the message before has no answer yet');
  const free = freeAt(lane, contact);
  if (free > now) return hold(turn, channel, due, `over its limit until ${new Date(free).toISOString()}`);
  if (!lane.flight && now >= lane.quietUntil) dispatch(turn, lane, contact, due);
  return false;
}

function dispatch({ state, now, decision }: Turn, lane: Lane, contact: ResolvedContact, due: Unsent[]): void {
  const bundle = bundleOf(contact.channel, due);
  const taken = due.filter(({ one }) => bundle.pages.includes(one.page));
  for (const { one, way } of taken) one.ways[way] = 'sending';
  const parts = taken.map(({ one, way }) => ({ page: one.page.key, way }));
  lane.flight = { startedAt: now, key: bundle.key, parts };
  remember(lane, contact, now);
  state.activeAt = now;
  decision.send.push({ contact, bundle });
}

/** Counts a message; as many are remembered, and for as long, as the limits ask for. */
function remember(lane: Lane, { limits }: ResolvedContact, now: number): void {
  const longest = Math.max(0, ...limits.map(({ withinSeconds }) => withinSeconds * 1_000));
  const most = Math.max(0, ...limits.map(({ max }) => max));
  lane.sentAt = most === 0 ? [] : [...lane.sentAt.filter((at) => at > now - longest), now].slice(-most);
  lane.keepUntil = now + longest;
}

/** One message of all that is due, urgent pages first, then the oldest. Its key follows from what it holds. */
function bundleOf(channel: string, due: Unsent[]): PageBundle {
  const pages = [...new Set(due.map(({ one }) => one.page))]
    .toSorted((a, b) => Number(b.urgent) - Number(a.urgent) || a.at - b.at)
    .slice(0, BUNDLE);
  const parts = due.filter(({ one }) => pages.includes(one.page)).map(({ one, way }) => `${one.page.key}#${way}`);
  return { key: hashOf([channel, ...parts.toSorted()]).slice(0, 40), pages };
}

/** Keeps back what is due; the next contacts become due at once. True when there is any that was not kept back before. */
function hold({ person, now, decision }: Turn, channel: string, due: Unsent[], why: string): boolean {
  const fresh = due.filter(({ one, way }) => one.ways[way] === 'waiting');
  for (const { one, way } of fresh) one.ways[way] = 'limited';
  decision.tell.push(...delayed(fresh, { person, channel, at: now }, why));
  return fresh.length > 0;
}

/** The earliest instant after `now` at which a lane is free, a contact's turn comes, or a message has been under way for too long. */
function nextLook(state: PagerState, now: number): number | undefined {
  const looks = unsent(state).map(({ one, way, contact }) => {
    const lane = laneOf(state, contact.channel);
    return one.ways[way] === 'limited'
      ? Math.max(lane.quietUntil, freeAt(lane, contact))
      : Math.max(dueAt(one, way), lane.quietUntil);
  });
  for (const { flight } of Object.values(state.lanes)) if (flight) looks.push(flight.startedAt + SLOW_MS);
  const later = looks.filter((at) => at > now);
  return later.length > 0 ? Math.min(...later) : undefined;
}
