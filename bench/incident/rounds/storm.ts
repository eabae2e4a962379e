import type { Bar } from '../../kit/bars.js';
import { firstPages, incidentsOf, pagesOf, takenOf, type Pages, type Taken } from '../figures.js';
import { knownAlerts, listedIncidents } from '../observe.js';
import { withIncidentPlace, type Cpu } from '../place.js';
import { NEVER_SECONDS, type Shape } from '../system.js';
import { members } from './alerts.js';
import type { IncidentOptions } from './options.js';

export interface StormResult {
  cpu: Cpu;
  alerts: number;
  seconds: number;
  groups: number;
  people: number;
  taken: Taken;
  /** By Temporal's list. */
  incidents: number;
  lost: number;
  /** Seconds from the last answer until the incidents knew every alert. */
  caughtUp: number;
  pages: Pages;
  /** Incidents of which nobody was told. */
  unpaged: number;
}

const SHAPE: Shape = { systems: 1, teams: 5, levels: [0, NEVER_SECONDS] };
const SETTLE_MS = 120_000;
/** Longer than pages are gathered for: a page too many would come within. */
const AFTER_MS = 5_000;

/** Many alerts of few groups; what is refused is sent again, as Alertmanager does. */
export function storm({ alerts, stormSeconds, groups, progress }: IncidentOptions): Promise<StormResult> {
  return withIncidentPlace(SHAPE, progress, async (place) => {
    const { receiver } = place;
    const sent = await place.send(members(SHAPE, alerts, groups), { perSecond: alerts / stormSeconds, insist: true });
    const from = Date.now();
    const ids = incidentsOf(sent);
    const taken = takenOf(sent);
    let known = 0;
    await place.until(async () => {
      known = await knownAlerts(place, ids);
      return known >= alerts - taken.refused && firstPages(receiver.pages).size >= ids.length;
    }, SETTLE_MS);
    const caughtUp = (Date.now() - from) / 1_000;
    await place.pause(AFTER_MS);
    const pages = pagesOf(receiver.messages, receiver.pages);
    return {
      ...{ alerts, seconds: stormSeconds, groups, people: SHAPE.teams, taken, caughtUp, pages },
      incidents: await listedIncidents(place),
      lost: alerts - known,
      unpaged: ids.length - firstPages(receiver.pages).size,
    };
  });
}

export const stormBars = ({ incidents, groups, lost, pages, unpaged }: StormResult): Bar[] => [
  { name: 'storm: incidents too many or too few', actual: Math.abs(incidents - groups), limit: 0, unit: 'incidents' },
  { name: 'storm: alerts lost', actual: lost, limit: 0, unit: 'alerts' },
  { name: 'storm: incidents without a page', actual: unpaged, limit: 0, unit: 'incidents' },
  { name: 'storm: pages beyond one of each incident', actual: pages.pages - groups, limit: 0, unit: 'pages' },
  { name: 'storm: messages / pages', actual: pages.messages / pages.pages, limit: 0.5, unit: '×' },
];
