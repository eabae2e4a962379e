import type { Bar } from '../../kit/bars.js';
import {
  firstPages,
  firstPageTimes,
  incidentsOf,
  pagesOf,
  takenOf,
  type Pages,
  type Spread,
  type Taken,
} from '../figures.js';
import { withIncidentPlace, type Cpu } from '../place.js';
import { NEVER_SECONDS, type Shape } from '../system.js';
import { openings } from './alerts.js';
import type { IncidentOptions } from './options.js';

export interface FirstPageResult {
  cpu: Cpu;
  opening: number;
  seconds: number;
  people: number;
  taken: Taken;
  /** Seconds from the alert to the page at the receiver. */
  page: Spread;
  missing: number;
  pages: Pages;
}

const SHAPE: Shape = { systems: 10, teams: 6, levels: [0, NEVER_SECONDS] };
const SETTLE_MS = 60_000;

/** New incidents at an even pace, each paging whoever is on call. */
export function firstPage({ opening, seconds, progress }: IncidentOptions): Promise<FirstPageResult> {
  return withIncidentPlace(SHAPE, progress, async (place) => {
    const { receiver } = place;
    const sent = await place.send(openings(SHAPE, opening * seconds), { perSecond: opening, insist: false });
    const expected = incidentsOf(sent).length;
    await place.until(() => firstPages(receiver.pages).size >= expected, SETTLE_MS);
    const { seconds: page, missing } = firstPageTimes(sent, receiver.pages);
    const people = SHAPE.systems * SHAPE.teams;
    const pages = pagesOf(receiver.messages, receiver.pages);
    return { opening, seconds, people, taken: takenOf(sent), page, missing, pages };
  });
}

export const firstPageBars = ({ page, missing, pages }: FirstPageResult): Bar[] => [
  { name: 'first page: alert to page, p50', actual: page.p50, limit: 1, unit: 's' },
  { name: 'first page: alert to page, p99', actual: page.p99, limit: 3, unit: 's' },
  { name: 'first page: incidents without a page', actual: missing, limit: 0, unit: 'incidents' },
  { name: 'first page: pages that came twice', actual: pages.twice, limit: 0, unit: 'pages' },
];
