import type { AlertmanagerActivities } from '../alertmanager/types.js';
import type { EvidenceStore } from '../evidence/store.js';
import { lazily } from '../lazily.js';
import type { AlertReviewActivities } from '../prometheus/types.js';
import type { EvidenceActivities } from '../types.js';
import type { ReviewActivities } from './types.js';

/** Everything that reviews of alerts and the rendering of routes need, loaded at the first call. */
export type AlertActivities = AlertmanagerActivities & AlertReviewActivities & ReviewActivities;

/** See `AlertActivities`. `documents` is where documents are kept. */
export function lazyAlertActivities(
  store: EvidenceStore,
  documents: Pick<EvidenceActivities, 'saveDocument'>,
): AlertActivities {
  const alertmanager: Record<keyof AlertmanagerActivities, true> = {
    listPresentAlerts: true,
    listSilences: true,
    readRouting: true,
    createSilence: true,
    expireSilence: true,
    checkRouting: true,
  };
  return {
    ...lazily<AlertmanagerActivities>(alertmanager, async () => {
      const { createAlertmanagerActivities } = await import('../alertmanager/index.js');
      return createAlertmanagerActivities();
    }),
    ...lazily<AlertReviewActivities>({ readAlertRules: true, readFirings: true, readLevels: true }, async () => {
      const { createAlertReviewActivities } = await import('../prometheus/index.js');
      return createAlertReviewActivities();
    }),
    ...lazily<ReviewActivities>(
      { listIncidents: true, listEarlierRules: true, saveChart: true, saveYaml: true },
      async () => {
        const { createReviewActivities } = await import('./index.js');
        return createReviewActivities({ store, documents });
      },
    ),
  };
}
