import type { Bar } from '../../kit/bars.js';
import { firstPages, incidentsOf, pagesOf, spread, type Pages, type Spread } from '../figures.js';
import { withIncidentPlace, type Cpu } from '../place.js';
import type { Shape } from '../system.js';
import { openings } from './alerts.js';
import type { IncidentOptions } from './options.js';

export interface OutageResult {
  cpu: Cpu;
  overdue: number;
  outage: number;
  /** Seconds from the start of the new worker's process to the page of each overdue ladder. */
  recovered: Spread;
  /** From the same instant until the new worker polled. */
  ready: number;
  missing: number;
  /** Pages of a level that was passed over: everybody's highest due level alone is to ring. */
  passedOver: number;
  pages: Pages;
}

const HIGHEST = 3;
const BETWEEN_SECONDS = 5;
/** From the last opening to the worker's death: every first page is out by then. */
const CALM_SECONDS = 8;
/** From the worker's death to the first deadline. */
const BEFORE_SECONDS = 2;
const SETTLE_MS = 120_000;
const FIRST_MS = 60_000;

/** The worker is killed; two levels of every ladder fall due; it comes back. Throws when the outage is too short for that. */
export async function outage({ overdue, outage: seconds, opening, progress }: IncidentOptions): Promise<OutageResult> {
  const opened = Math.ceil(overdue / opening);
  const least = BEFORE_SECONDS + opened + BETWEEN_SECONDS;
  if (seconds < least)
    throw new Error(
      `${overdue} incidents are overdue after an outage of ${least} s at the earliest: give a longer --outage`,
    );
  const afterSeconds = opened + CALM_SECONDS + BEFORE_SECONDS;
  const levels = [0, afterSeconds, afterSeconds + BETWEEN_SECONDS];
  const shape: Shape = { systems: 10, teams: 6, levels };
  return withIncidentPlace(shape, progress, async (place) => {
    const { receiver, first } = place;
    const from = Date.now();
    const ids = incidentsOf(await place.send(openings(shape, overdue), { perSecond: opening, insist: true }));
    const paged = await place.until(() => firstPages(receiver.pages).size >= ids.length, FIRST_MS);
    if (!paged) throw new Error('not every incident had paged before the outage was to begin');
    await place.pause(Math.max(0, from + (opened + CALM_SECONDS) * 1_000 - Date.now()));
    if (receiver.pages.some(({ level }) => level > 1))
      throw new Error('a second level was due before the outage began');
    process.kill(first.pid, 'SIGKILL');
    progress(`worker killed with ${ids.length} incidents open; back in ${seconds} s`);
    await place.pause(seconds * 1_000);
    const back = Date.now();
    await place.worker();
    const ready = (Date.now() - back) / 1_000;
    await place.until(() => firstPages(receiver.pages, HIGHEST).size >= ids.length, SETTLE_MS);
    await place.pause(CALM_SECONDS * 1_000);
    const acted = firstPages(receiver.pages, HIGHEST);
    return {
      ...{ overdue, outage: seconds, ready },
      recovered: spread([...acted.values()].map(({ at }) => (at - back) / 1_000)),
      missing: overdue - acted.size,
      passedOver: receiver.pages.filter(({ level }) => level === HIGHEST - 1).length,
      pages: pagesOf(receiver.messages, receiver.pages),
    };
  });
}

export const outageBars = ({ recovered, missing, passedOver, pages }: OutageResult): Bar[] => [
  { name: 'outage: worker back to the last overdue page', actual: recovered.max, limit: 30, unit: 's' },
  { name: 'outage: overdue ladders that did not act', actual: missing, limit: 0, unit: 'ladders' },
  { name: 'outage: pages of a level that was passed over', actual: passedOver, limit: 0, unit: 'pages' },
  { name: 'outage: pages that came twice', actual: pages.twice, limit: 0, unit: 'pages' },
];
