import { ApplicationFailure } from '@temporalio/common';
import { stringify } from 'yaml';
import type { EvidenceStore } from '../evidence/store.js';
import { bounded } from '../secrets/redact.js';
import { heartbeating } from '../temporal/heartbeat.js';
import type { EvidenceActivities } from '../types.js';
import { drawChart } from './chart.js';
import { listEarlierRules } from './earlierRules.js';
import { listIncidents } from './incidents.js';
import type { ReviewActivities } from './types.js';

export type * from './types.js';

async function reading<T>(what: string, work: () => Promise<T>): Promise<T> {
  return heartbeating(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ApplicationFailure || !(error instanceof Error) || error.name === 'CancelledFailure')
        throw error;
      throw ApplicationFailure.retryable(`${what}: ${bounded(error.message)}`, 'EvidenceUnavailable');
    }
  });
}

/**
 * What a review of alerts reads from the evidence store and keeps in it, through `saveDocument`. Failures: those of `saveDocument`;
 * `EvidenceUnavailable`, retried. Safe to repeat: what was kept stays.
 */
export function createReviewActivities({
  store,
  documents,
}: {
  store: EvidenceStore;
  documents: Pick<EvidenceActivities, 'saveDocument'>;
}): ReviewActivities {
  return {
    listIncidents: (input) => reading('Incidents could not be read', () => listIncidents(store, input)),
    listEarlierRules: (input) => reading('Earlier reviews could not be read', () => listEarlierRules(store, input)),
    saveChart: ({ path, chart }) =>
      heartbeating(async () =>
        documents.saveDocument({ path, body: await drawChart(chart), contentType: 'image/svg+xml' }),
      ),
    saveYaml: ({ path, header, value }) =>
      heartbeating(async () => {
        const comments = header.map((line) => `# ${line.replaceAll(/[\r\n]+/g, ' ')}\n`).join('');
        const text = comments + stringify(value, { lineWidth: 0 });
        return { ...(await documents.saveDocument({ path, body: text, contentType: 'text/yaml' })), text };
      }),
  };
}
