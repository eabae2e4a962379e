import type { Page, ResolvedContact } from '../../activities/oncall/types.js';
import type { Person } from '../../systems/peopleSchema.js';

/**
 * Where one way to the person stands for one page. `limited`: over the contact's limits, sent when they allow; `slow`: under way, but for so long that
 * nobody waits for it.
 */
export type WayState = 'waiting' | 'limited' | 'sending' | 'slow' | 'sent' | 'failed';

/** A page that is not done with. */
export interface PendingPage {
  page: Page;
  contacts: ResolvedContact[];
  /** One for each contact. */
  ways: WayState[];
  /** Not needed any more; what is under way ends. */
  recalled?: true;
}

/** A message under way: which contact of which page. */
export interface Flight {
  startedAt: number;
  key: string;
  parts: { page: string; way: number }[];
}

/** What goes out through one channel: one message at a time. */
export interface Lane {
  /** When messages went out, the oldest first; as far back as limits look. */
  sentAt: number[];
  /** Pages are gathered until then. */
  quietUntil: number;
  /** When its limits will have forgotten every message. */
  keepUntil: number;
  flight?: Flight;
}

/** Plain JSON; times are ms since the epoch. */
export interface PagerState {
  /** The person as the newest page has them. */
  person?: Person;
  /** Hashes of the keys of the pages taken, the oldest first. */
  keys: string[];
  pending: PendingPage[];
  lanes: Record<string, Lane>;
  /** Incident → when its pages were recalled last, the oldest first. */
  recalls: Record<string, number>;
  /** When something last happened. */
  activeAt: number;
  sent: number;
  bundled: number;
}

/** The state of a pager that has just begun. */
export const emptyPager = (now: number): PagerState => ({
  keys: [],
  pending: [],
  lanes: {},
  recalls: {},
  activeAt: now,
  sent: 0,
  bundled: 0,
});

/** Whether a message with this page is under way. */
export const inFlight = ({ ways }: PendingPage): boolean => ways.some((way) => way === 'sending' || way === 'slow');

/** The contacts of pages that a message under way carries. */
export function partsOf(state: PagerState, flight: Flight | undefined): { one: PendingPage; way: number }[] {
  return (flight?.parts ?? []).flatMap(({ page, way }) => {
    const one = state.pending.find(({ page: { key } }) => key === page);
    return one ? { one, way } : [];
  });
}

/** The state with each set of contacts once: hundreds of pages of a person mostly share one. */
export type PackedPager = Omit<PagerState, 'pending'> & {
  pending: (Omit<PendingPage, 'contacts'> & { set: number })[];
  sets: ResolvedContact[][];
};

/** For the input of the run that continues this one. Pure. */
export function pack(state: PagerState): PackedPager {
  const sets = new Map<string, { n: number; contacts: ResolvedContact[] }>();
  const pending = state.pending.map(({ contacts, ...rest }) => {
    const text = JSON.stringify(contacts);
    const set = sets.get(text) ?? { n: sets.size, contacts };
    sets.set(text, set);
    return { ...rest, set: set.n };
  });
  return { ...state, pending, sets: [...sets.values()].map(({ contacts }) => contacts) };
}

/** What `pack` was given. Pure. */
export function unpack({ sets, pending, ...state }: PackedPager): PagerState {
  return { ...state, pending: pending.map(({ set, ...rest }) => ({ ...rest, contacts: sets[set] ?? [] })) };
}

/** The lane of a channel, made when it is used first. */
export function laneOf(state: PagerState, channel: string): Lane {
  return (state.lanes[channel] ??= { sentAt: [], quietUntil: 0, keepUntil: 0 });
}
