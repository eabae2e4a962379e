import { hashOf } from '../kit/hash.js';
import type { PageRequest, Recall } from './messages.js';
import { type Telling, unreachable } from './outcomes.js';
import { inFlight, type PagerState } from './state.js';

/** Keys and recalls that are remembered; the oldest are forgotten. */
export const KEYS = 4_000;
const RECALLS = 500;
/** Of so many pages that wait the whole text is kept; a message could not show more of them. */
const WHOLE_TEXTS = 100;
const SHORT_TEXT = 200;

/** What came by signal may come from a person's hand; whatever is no page is left out instead of stopping the pager. */
export function isPageRequest(value: unknown): value is PageRequest {
  const { page, person } = (value ?? {}) as Partial<PageRequest>;
  return (
    typeof page?.key === 'string' &&
    typeof page.incident === 'string' &&
    typeof page.title === 'string' &&
    typeof page.text === 'string' &&
    Number.isFinite(page.at) &&
    typeof person?.person?.name === 'string' &&
    Array.isArray(person.contacts) &&
    person.contacts.every((contact) => typeof contact?.channel === 'string' && Array.isArray(contact.limits))
  );
}

/** As `isPageRequest`. */
export function isRecall(value: unknown): value is Recall {
  const { incident, keep, at } = (value ?? {}) as Partial<Recall>;
  return (
    typeof incident === 'string' &&
    (keep === undefined || Array.isArray(keep)) &&
    (at === undefined || Number.isFinite(at))
  );
}

/** Takes a page, unless its key was taken before or its incident's pages were recalled since it was written. Changes the state; what must be told comes back. Pure. */
export function takePage(state: PagerState, { page, person }: PageRequest, now: number): Telling[] {
  const key = hashOf(page.key).slice(0, 20);
  if (state.keys.includes(key)) return [];
  state.keys.push(key);
  state.keys.splice(0, state.keys.length - KEYS);
  state.activeAt = now;
  if (page.at < (state.recalls[page.incident] ?? -Infinity)) return [];
  state.person = person.person;
  const text = state.pending.length < WHOLE_TEXTS ? page.text : page.text.slice(0, SHORT_TEXT);
  const ways = person.contacts.map(() => 'waiting' as const);
  const pending = { page: { ...page, text }, contacts: person.contacts, ways };
  if (pending.ways.length === 0) return [unreachable(pending, person.id, now, 'there is no usable contact')];
  state.pending.push(pending);
  return [];
}

/** Drops what was not sent, and asks no further contact. What is under way is left. Changes the state. Pure. */
export function takeRecall(state: PagerState, { incident, keep = [], at = Infinity }: Recall, now: number): void {
  state.activeAt = now;
  if (keep.length === 0 && at < Infinity) {
    const before = state.recalls[incident] ?? at;
    // Anew at the end, so that the first are the oldest.
    delete state.recalls[incident];
    state.recalls[incident] = Math.max(before, at);
    for (const oldest of Object.keys(state.recalls).slice(0, -RECALLS)) delete state.recalls[oldest];
  }
  for (const one of state.pending) {
    const { key, incident: about, at: written } = one.page;
    if (about === incident && written < at && !keep.includes(key)) one.recalled = true;
  }
  state.pending = state.pending.filter((one) => !one.recalled || inFlight(one));
}
