import type { Client } from '@temporalio/client';
import { lazyAlertActivities } from './alertReview/lazy.js';
import type { CatalogueOptions } from './catalogue/index.js';
import type { BackupConnections } from './backup/index.js';
import type { BackupActivities } from './backup/types.js';
import { createEvidenceActivities } from './evidence/index.js';
import type { EvidenceStore } from './evidence/index.js';
import { createHttpActivities } from './http/index.js';
import type { EmergencyActivities } from './kubernetes/emergency/types.js';
import type { Connect } from './kubernetes/session.js';
import type { KubernetesActivities } from './kubernetes/types.js';
import type { IncidentBoardActivities, PagingActivities } from './incident/types.js';
import { lazily } from './lazily.js';
import type { NotifyOptions } from './notify/index.js';
import type { OncallActivities } from './oncall/types.js';
import type { SecretResolver } from './secrets/index.js';
import { createTemporalActivities } from './temporal/index.js';
import type {
  Activities,
  CatalogueActivities,
  NotifyActivities,
  PrometheusActivities,
  RegistryActivities,
} from './types.js';

/** Everything that activities reach the outside world through. Built by the worker; tests bring their own. */
export interface Connections {
  /** Where backup activities put scratch files, and the queue of this worker's machine. */
  backups: Pick<BackupConnections, 'engines' | 'scratchRoot' | 'hostQueue'>;
  /** The runbooks' schemas and the reader of systems; loaded when the first run resolves its input. */
  catalogue: () => Promise<CatalogueOptions>;
  evidence: EvidenceStore;
  /** Clients of Kubernetes contexts; loaded when the first activity needs one. */
  kubernetes: () => Promise<Connect>;
  /** One structured log line. */
  log: NotifyOptions['log'];
  secrets: SecretResolver;
  /** Client for the namespace that the worker serves. */
  temporal: () => Client;
}

const kubernetesNames: Record<keyof KubernetesActivities, true> = {
  inspectWorkload: true,
  previewImage: true,
  listSavedStates: true,
  listRevisions: true,
  splitPods: true,
  saveState: true,
  markVerified: true,
  setImage: true,
  restoreState: true,
  restoreRevision: true,
  setPaused: true,
  watchRollout: true,
  guardPods: true,
  deleteStuckPods: true,
  quarantine: true,
  liftQuarantine: true,
  readScale: true,
  setReplicas: true,
  waitScaled: true,
};

const emergencyNames: Record<keyof EmergencyActivities, true> = {
  surveySystem: true,
  takeSnapshot: true,
  readSnapshot: true,
  setFields: true,
  waitStopped: true,
  waitReady: true,
  collectEvidence: true,
  checkRecovery: true,
  compareWithSnapshot: true,
  closeShutdown: true,
  setAutoscalerRange: true,
  restartWorkload: true,
};

const backupNames: Record<keyof BackupActivities, true> = {
  inspectSource: true,
  inspectStore: true,
  listBackups: true,
  takeBackup: true,
  stageBackup: true,
  uploadStaged: true,
  discardStaged: true,
  discardBackup: true,
  readBack: true,
  publishBackup: true,
  rehearseRestore: true,
  recordBackupEvent: true,
  deleteBackup: true,
  sweepLeftovers: true,
  restoreBackup: true,
  inspectRestore: true,
  swapIn: true,
  swapBack: true,
  dropRestored: true,
};

/** All activities as one flat object; the names are a public contract, because they stand in histories. */
export function createActivities(connections: Connections): Activities {
  const { backups, catalogue, evidence, kubernetes, log, secrets, temporal } = connections;
  return {
    ...lazily<KubernetesActivities>(kubernetesNames, async () => {
      const [{ createKubernetesActivities }, connect] = await Promise.all([
        import('./kubernetes/index.js'),
        kubernetes(),
      ]);
      return createKubernetesActivities({ connect });
    }),
    ...lazily<EmergencyActivities>(emergencyNames, async () => {
      const [{ createEmergencyActivities }, connect] = await Promise.all([
        import('./kubernetes/emergency/index.js'),
        kubernetes(),
      ]);
      return createEmergencyActivities({ connect, evidence });
    }),
    ...lazily<BackupActivities>(backupNames, async () => {
      const { createBackupActivities } = await import('./backup/index.js');
      return createBackupActivities({ secrets, kubernetes, ...backups });
    }),
    ...lazily<NotifyActivities>({ notify: true }, async () => {
      const { createNotifyActivities } = await import('./notify/index.js');
      return createNotifyActivities({ secrets, log });
    }),
    ...lazily<OncallActivities>(
      { resolveTargets: true, pageTargets: true, nextBusinessTime: true, recallPages: true },
      async () => {
        const { createOncallActivities } = await import('./oncall/index.js');
        return createOncallActivities({ secrets, temporal });
      },
    ),
    ...lazily<PagingActivities>({ sendPage: true, settlePage: true }, async () => {
      const { createPagingActivities } = await import('./paging/index.js');
      return createPagingActivities({ secrets, log });
    }),
    ...lazily<IncidentBoardActivities>({ showIncident: true, postTimeline: true, saveTimeline: true }, async () => {
      const { createIncidentActivities } = await import('./incident/index.js');
      return createIncidentActivities({ secrets, evidence, log });
    }),
    ...createHttpActivities({ secrets }),
    ...lazily<PrometheusActivities>({ measure: true }, async () => {
      const { createPrometheusActivities } = await import('./prometheus/index.js');
      return createPrometheusActivities();
    }),
    ...lazily<RegistryActivities>({ resolveImage: true }, async () => {
      const { createRegistryActivities } = await import('./registry/index.js');
      return createRegistryActivities();
    }),
    ...createEvidenceActivities({ store: evidence }),
    ...lazyAlertActivities(evidence, createEvidenceActivities({ store: evidence })),
    ...createTemporalActivities({ client: temporal }),
    ...lazily<CatalogueActivities>({ resolveInput: true, openBlackouts: true }, async () => {
      const [{ createCatalogueActivities }, options] = await Promise.all([import('./catalogue/index.js'), catalogue()]);
      return createCatalogueActivities(options);
    }),
  };
}

/**
 * Loads what the first run of an emergency would otherwise wait for, a second or more on a busy machine. For a worker that polls already.
 * Nothing is contacted; what cannot be loaded is told by the activity that needs it.
 */
export async function loadAhead({
  catalogue,
  kubernetes,
}: Pick<Connections, 'catalogue' | 'kubernetes'>): Promise<void> {
  await Promise.allSettled([
    catalogue(),
    kubernetes(),
    import('./catalogue/index.js'),
    import('./kubernetes/emergency/index.js'),
    import('./notify/index.js'),
    import('./paging/index.js'),
    import('./slack/board.js'),
    import('./slack/page.js'),
  ]);
}

/** Names of all activities that a worker registers. */
export function activityNames(): string[] {
  const unused = (): never => {
    throw new Error('only the names are of interest');
  };
  const connections = {
    backups: {},
    catalogue: unused,
    kubernetes: unused,
    log: unused,
    temporal: unused,
  };
  const store = { create: unused, read: unused, reference: unused, list: unused };
  return Object.keys(createActivities({ ...connections, evidence: store, secrets: { resolve: unused } }));
}
