import type { Bar } from '../../kit/bars.js';
import { firstPages, incidentsOf, spread, type Spread } from '../figures.js';
import { acceptedAt, inTurn } from '../observe.js';
import { withIncidentPlace, type Cpu } from '../place.js';
import type { Received } from '../receiver.js';
import type { Shape } from '../system.js';
import { openings } from './alerts.js';
import type { IncidentOptions } from './options.js';

export interface AckResult {
  cpu: Cpu;
  acks: number;
  /** Seconds from the sending of the update to its answer. */
  answer: Spread;
  /** Incidents whose second level had paged before they were acknowledged. */
  climbed: number;
  /** Pages that reached the receiver after Temporal had accepted the acknowledgement. */
  after: number;
  /** The last of them, in seconds; 0 when there is none. */
  last: number;
  /** Acknowledgements that were not taken. */
  refused: number;
}

/** Acknowledgements fall from so long before to so long after the second level's deadline. */
const AROUND_MS = 2_000;
const REPEAT_SECONDS = 3;
/** Three repeats of the last level would come in this time. */
const QUIET_MS = 12_000;
const FIRST_MS = 30_000;

/** How long after its acknowledgement each page came, in seconds; those before are not in it. Pure. */
export function pagesAfter(pages: readonly Received[], accepted: ReadonlyMap<string, number>): number[] {
  return pages.flatMap(({ incident, at }) => {
    const from = accepted.get(incident);
    return from !== undefined && at > from ? [(at - from) / 1_000] : [];
  });
}

/** Incidents that go on ringing every three seconds, acknowledged around the deadline of their second level. */
export function ack({ acks, opening, progress }: IncidentOptions): Promise<AckResult> {
  const afterSeconds = Math.ceil(acks / opening) + 10;
  const levels = [0, afterSeconds, afterSeconds + REPEAT_SECONDS];
  const shape: Shape = { systems: 10, teams: 6, levels, repeatSeconds: REPEAT_SECONDS };
  return withIncidentPlace(shape, progress, async (place) => {
    const { receiver, temporal } = place;
    const ids = incidentsOf(await place.send(openings(shape, acks), { perSecond: opening, insist: true }));
    await place.until(() => firstPages(receiver.pages).size >= ids.length, FIRST_MS);
    const opened = firstPages(receiver.pages);
    const answers: number[] = [];
    await Promise.all(
      ids.map(async (id, n) => {
        const due = (opened.get(id)?.openedAt ?? Date.now()) + afterSeconds * 1_000;
        await place.pause(Math.max(0, due - AROUND_MS + (2 * AROUND_MS * n) / ids.length - Date.now()));
        const from = Date.now();
        const handle = temporal.client.workflow.getHandle(id);
        const said = await handle
          .executeUpdate<{ accepted: boolean }, [object]>('acknowledge', { args: [{ actor: 'bench' }] })
          .catch(() => ({ accepted: false }));
        if (said.accepted) answers.push((Date.now() - from) / 1_000);
      }),
    );
    await place.pause(QUIET_MS);
    const times = await inTurn(ids, async (id) => [id, await acceptedAt(place, id).catch(() => Infinity)] as const);
    const after = pagesAfter(receiver.pages, new Map(times));
    const second = firstPages(receiver.pages, 2);
    const climbed = times.filter(([id, at]) => (second.get(id)?.at ?? Infinity) < at).length;
    const last = Math.max(0, ...after);
    return { acks, answer: spread(answers), climbed, after: after.length, last, refused: acks - answers.length };
  });
}

export const ackBars = ({ last, refused, climbed, acks }: AckResult): Bar[] => [
  { name: 'ack: last page after an acknowledgement', actual: last, limit: 1, unit: 's' },
  { name: 'ack: acknowledgements not taken', actual: refused, limit: 0, unit: 'acknowledgements' },
  // Without incidents of both kinds the round has not tried what it says.
  {
    name: 'ack: all on one side of the deadline',
    actual: climbed === 0 || climbed === acks ? 1 : 0,
    limit: 0,
    unit: '',
  },
];
