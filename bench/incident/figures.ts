import { percentile } from '../kit/stats.js';
import type { Message, Received } from './receiver.js';
import type { Sent } from './sender.js';

/** What a table shows of a sample; in the unit of its values. */
export interface Spread {
  n: number;
  min: number;
  p50: number;
  p99: number;
  max: number;
}

/** NaN throughout for an empty sample, which misses every bar. In JSON that is null. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) return { n: 0, min: Number.NaN, p50: Number.NaN, p99: Number.NaN, max: Number.NaN };
  const sorted = values.toSorted((a, b) => a - b);
  return {
    n: values.length,
    min: sorted[0] ?? Number.NaN,
    p50: percentile(values, 50),
    p99: percentile(values, 99),
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** Requests and what became of them. */
export interface Taken {
  sent: number;
  /** Not taken, whatever the reason. */
  refused: number;
  /** Further tries after a refusal. */
  retries: number;
  /** Taken per second, from the first sending to the last answer. */
  perSecond: number;
  /** Seconds from the moment when it was due to be sent to the 202, of those that were taken. */
  answer: Spread;
}

export function takenOf(sent: readonly Sent[]): Taken {
  const taken = sent.filter(({ status }) => status === 202);
  const from = sent.reduce((least, { dueAt }) => Math.min(least, dueAt), Infinity);
  const to = taken.reduce((most, { answeredAt }) => Math.max(most, answeredAt), -Infinity);
  return {
    sent: sent.length,
    refused: sent.length - taken.length,
    retries: sent.reduce((sum, { tries }) => sum + tries - 1, 0),
    perSecond: taken.length === 0 ? 0 : taken.length / ((to - from) / 1_000),
    answer: spread(taken.map(({ answeredAt, dueAt }) => (answeredAt - dueAt) / 1_000)),
  };
}

/** Incidents of requests that were taken, each once. */
export const incidentsOf = (sent: readonly Sent[]): string[] => [
  ...new Set(sent.flatMap(({ incident }) => incident ?? [])),
];

/** How pages reached people. */
export interface Pages {
  /** Pages that messages told of, also those that they only counted. */
  pages: number;
  messages: number;
  /** Messages that came again with the same id: a receiver that heeds it shows them once. */
  repeats: number;
  /** Pages of the same incident, level and turn of the ladder that reached a person in more than one message. */
  twice: number;
  /** Most messages to one person. */
  mostToOne: number;
}

export function pagesOf(messages: readonly Message[], pages: readonly Received[]): Pages {
  const first = new Map<string, Message>();
  for (const message of messages) if (!first.has(message.id)) first.set(message.id, message);
  const distinct = [...first.values()];
  const perPerson = new Map<string, number>();
  for (const { person } of distinct) perPerson.set(person, (perPerson.get(person) ?? 0) + 1);
  const carriers = new Map<string, Set<string>>();
  for (const { person, incident, openedAt, generation, level, message } of pages) {
    const key = JSON.stringify([person, incident, openedAt, generation, level]);
    carriers.set(key, (carriers.get(key) ?? new Set()).add(message));
  }
  return {
    pages: distinct.reduce((sum, { total }) => sum + total, 0),
    messages: distinct.length,
    repeats: messages.length - distinct.length,
    twice: [...carriers.values()].reduce((sum, { size }) => sum + size - 1, 0),
    mostToOne: Math.max(0, ...perPerson.values()),
  };
}

/** When the first page of each incident came, ms since the epoch; of one level, where it is given. */
export function firstPages(pages: readonly Received[], level?: number): Map<string, Received> {
  const found = new Map<string, Received>();
  for (const page of pages)
    if ((level === undefined || page.level === level) && !found.has(page.incident)) found.set(page.incident, page);
  return found;
}

/** Seconds from the alert to the first page of its incident, and incidents of which nobody was told. */
export function firstPageTimes(
  sent: readonly Sent[],
  pages: readonly Received[],
): { seconds: Spread; missing: number } {
  const found = firstPages(pages);
  const times = sent.flatMap(({ incident, dueAt }) => {
    const page = incident === undefined ? undefined : found.get(incident);
    return page ? [(page.at - dueAt) / 1_000] : [];
  });
  return { seconds: spread(times), missing: sent.length - times.length };
}

/** Seconds from a level's deadline to its page (below zero: early), and incidents whose page did not come. */
export function latenessOf(
  incidents: readonly string[],
  pages: readonly Received[],
  { level, afterSeconds }: { level: number; afterSeconds: number },
): { seconds: Spread; early: number; missing: number } {
  const found = firstPages(pages, level);
  const late = incidents.flatMap((incident) => {
    const page = found.get(incident);
    return page ? [(page.at - page.openedAt) / 1_000 - afterSeconds] : [];
  });
  return {
    seconds: spread(late),
    early: late.filter((seconds) => seconds < 0).length,
    missing: incidents.length - late.length,
  };
}
