import type { Client } from '@temporalio/client';
import { LRUCache } from 'lru-cache';
import { dedupKey, isOurDedupKey, workflowOfDedupKey } from '../../../activities/pagerduty/dedup.js';
import type { TimelineEntry } from '../../../workflows/incident/types.js';
import { callIfOpen } from '../../incidents/calls.js';
import type { IncidentPort } from '../../incidents/port.js';

/** Open incidents that are looked through for one whose number in PagerDuty nobody remembers. */
const most = 50;
const atOnce = 10;
const queryMs = 1_000;

/** How the timeline names the number in PagerDuty: it is found there again after a restart. */
export const linkText = (id: string, number: number | null | undefined, url: string | null | undefined): string =>
  `PagerDuty has it as ${number === null || number === undefined ? 'an incident' : `#${number}`} (${id})${url ? `: ${url}` : ''}`;

async function timelineHas(client: Client, incident: string, mark: string): Promise<boolean> {
  try {
    const timeline = await callIfOpen(
      client,
      () => client.workflow.getHandle(incident).query<{ entries: TimelineEntry[] }>('timeline'),
      queryMs,
    );
    return timeline?.entries.some(({ text }) => text.includes(mark)) ?? false;
  } catch {
    // One that does not answer must not hide the others.
    return false;
  }
}

/** Which of our incidents an incident of PagerDuty is. */
export interface Whereabouts {
  learn(system: string, pagerdutyId: string, incident: string): void;
  /**
   * The workflow id: by the key that we gave it, by memory, by where its alert is routed to (`routed`), or by looking through the timelines of the
   * open incidents. Throws `TemporalAway` when that could not be asked.
   */
  find(system: string, subject: { id: string; key?: string }, routed?: string): Promise<string | undefined>;
}

/** Remembers which is which; what it has forgotten stands in the incidents' timelines. */
export function createWhereabouts(client: Client, incidents: IncidentPort): Whereabouts {
  const known = new LRUCache<string, string>({ max: 20_000 });
  const keyOf = (system: string, id: string): string => `${system}/${id}`;
  return {
    learn: (system, id, incident) => void known.set(keyOf(system, id), incident),
    async find(system, { id, key }, routed) {
      const named = workflowOfDedupKey(key);
      if (named !== undefined) return named;
      const remembered = known.get(keyOf(system, id));
      if (remembered !== undefined) return remembered;
      const open = await incidents.list(system, most);
      // A long workflow id has only its hash in the key.
      if (isOurDedupKey(key)) return open.find(({ incident }) => dedupKey(incident) === key)?.incident;
      if (open.some(({ incident }) => incident === routed)) return routed;
      for (let from = 0; from < open.length; from += atOnce) {
        const some = open.slice(from, from + atOnce);
        const has = await Promise.all(some.map(({ incident }) => timelineHas(client, incident, `(${id})`)));
        const found = some.find((_one, index) => has[index]);
        if (found) return found.incident;
      }
      return undefined;
    },
  };
}
