import type { Bar } from '../../kit/bars.js';
import { incidentsOf, takenOf, type Taken } from '../figures.js';
import { knownAlerts } from '../observe.js';
import { withIncidentPlace, type Cpu } from '../place.js';
import { NEVER_SECONDS, type Shape } from '../system.js';
import { members } from './alerts.js';
import type { IncidentOptions } from './options.js';

export interface IntakeResult extends Taken {
  cpu: Cpu;
  rate: number;
  seconds: number;
  groups: number;
  /** Alerts that were taken and that no incident knows. */
  lost: number;
  /** Seconds from the last answer until the incidents knew every alert. */
  caughtUp: number;
}

const SHAPE: Shape = { systems: 5, teams: 5, levels: [0, NEVER_SECONDS] };
const SETTLE_MS = 60_000;
const LEAST_PER_SECOND = 150;

/** Alerts one by one, at an even pace, into open incidents. */
export function intake({ rate, seconds, groups, progress }: IncidentOptions): Promise<IntakeResult> {
  return withIncidentPlace(SHAPE, progress, async (place) => {
    const alerts = members(SHAPE, rate * seconds, groups);
    const sent = await place.send(alerts, { perSecond: rate, insist: false });
    const from = Date.now();
    const taken = takenOf(sent);
    let known = 0;
    await place.until(async () => {
      known = await knownAlerts(place, incidentsOf(sent));
      return known >= taken.sent - taken.refused;
    }, SETTLE_MS);
    const caughtUp = (Date.now() - from) / 1_000;
    return { ...taken, rate, seconds, groups, lost: Math.max(0, taken.sent - taken.refused - known), caughtUp };
  });
}

/** A limit on throughput is said as time: every bar is a greatest value. */
export const intakeBars = ({ perSecond, answer, refused, lost }: IntakeResult): Bar[] => [
  { name: `intake: time for ${LEAST_PER_SECOND} alerts`, actual: LEAST_PER_SECOND / perSecond, limit: 1, unit: 's' },
  { name: 'intake: alert to 202, p99', actual: answer.p99, limit: 0.5, unit: 's' },
  { name: 'intake: alerts refused', actual: refused, limit: 0, unit: 'alerts' },
  { name: 'intake: alerts lost', actual: lost, limit: 0, unit: 'alerts' },
];
