import type { PagedEvent } from '../incident/types.js';
import type { PendingPage } from './state.js';

/** An outcome and the incident that it is told to. */
export interface Telling {
  incident: string;
  event: PagedEvent;
}

/** A contact of a page. */
export interface Part {
  one: PendingPage;
  way: number;
}

/** What all outcomes of one moment share. */
export interface Moment {
  person: string;
  channel: string;
  at: number;
}

/** One of each incident: an incident is told once of what became of a message. */
const perIncident = <T extends Part>(parts: T[]): T[] =>
  parts.filter(({ one }, n) => parts.findIndex((other) => other.one.page.incident === one.page.incident) === n);

function telling(moment: Moment, { one, way }: Part, outcome: PagedEvent['outcome'], detail: string): Telling {
  const { key, incident } = one.page;
  const event: PagedEvent = { type: 'paged', deliveryId: `${key}/${way}/${outcome}`, ...moment, outcome };
  return { incident, event: detail === '' ? event : { ...event, detail } };
}

/** A contact keeps pages back; the next one, where there is one, is asked instead. */
export function delayed(parts: Part[], moment: Moment, why: string): Telling[] {
  return perIncident(parts).map((part) => {
    const next = part.way + 1 < part.one.contacts.length ? 'the next way is tried at once' : 'there is no other way';
    return telling(moment, part, 'delayed', `${why}; ${next}`);
  });
}

/** A message has ended. */
export function ended(parts: Part[], moment: Moment, outcome: 'sent' | 'failed', detail = ''): Telling[] {
  const pages = new Set(parts.map(({ one }) => one.page.key)).size;
  const together = pages > 1 ? `${pages} pages in one message` : '';
  const text = [detail, together].filter((part) => part !== '').join('; ');
  return perIncident(parts).map((part) => telling(moment, part, outcome, text));
}

/** Nothing gets through to the person. */
export function unreachable(one: PendingPage, person: string, at: number, why: string): Telling {
  const channel = one.contacts.map((contact) => contact.channel).join(', ') || 'none';
  return telling({ person, channel, at }, { one, way: one.contacts.length }, 'unreachable', why);
}
