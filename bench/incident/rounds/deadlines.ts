import type { Bar } from '../../kit/bars.js';
import {
  firstPages,
  incidentsOf,
  latenessOf,
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

export interface DeadlinesResult {
  cpu: Cpu;
  open: number;
  window: number;
  people: number;
  taken: Taken;
  /** Seconds from the second level's deadline to its page at the receiver. */
  late: Spread;
  early: number;
  missing: number;
  pages: Pages;
}

/** Between the last opening and the first deadline, so that all are open when it falls. */
const MARGIN_SECONDS = 20;
const SETTLE_MS = 60_000;

/** Incidents opened evenly over the window: their second level falls as evenly over one of the same length. */
export function deadlines({ open, window, progress }: IncidentOptions): Promise<DeadlinesResult> {
  const afterSeconds = window + MARGIN_SECONDS;
  const shape: Shape = { systems: 10, teams: 6, levels: [0, afterSeconds, NEVER_SECONDS] };
  return withIncidentPlace(shape, progress, async (place) => {
    const { receiver } = place;
    const sent = await place.send(openings(shape, open), { perSecond: open / window, insist: true });
    const ids = incidentsOf(sent);
    progress(`${ids.length} incidents are open; ${firstPages(receiver.pages).size} have paged`);
    const all = () => firstPages(receiver.pages, 2).size >= ids.length;
    await place.until(all, afterSeconds * 1_000 + SETTLE_MS);
    const { seconds: late, early, missing } = latenessOf(ids, receiver.pages, { level: 2, afterSeconds });
    const pages = pagesOf(receiver.messages, receiver.pages);
    const people = 2 * shape.systems * shape.teams;
    return { open, window, people, taken: takenOf(sent), late, early, missing: missing + open - ids.length, pages };
  });
}

export const deadlinesBars = ({ late, early, missing, pages }: DeadlinesResult): Bar[] => [
  { name: 'deadlines: pages before their time', actual: early, limit: 0, unit: 'pages' },
  { name: 'deadlines: page after its deadline, p99', actual: late.p99, limit: 2, unit: 's' },
  { name: 'deadlines: pages that did not come', actual: missing, limit: 0, unit: 'pages' },
  { name: 'deadlines: pages that came twice', actual: pages.twice, limit: 0, unit: 'pages' },
];
