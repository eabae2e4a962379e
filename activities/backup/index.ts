import type { Connect } from '../kubernetes/session.js';
import type { SecretResolver } from '../secrets/index.js';
import { scratchRoot } from '../throwaway/index.js';
import { loadEngines } from './engines.js';
import { inspectSource, inspectStore } from './inspect.js';
import { listBackups } from './listing.js';
import { publishBackup } from './publish.js';
import { readBack } from './readBack.js';
import { recordBackupEvent } from './record.js';
import { rehearseRestore } from './rehearse.js';
import { deleteBackup, discardBackup } from './remove.js';
import { inspectRestore, restoreBackup } from './restore.js';
import { discardStaged, stageBackup, uploadStaged } from './stage.js';
import { dropRestored, swapBack, swapIn } from './swap.js';
import { sweepLeftovers } from './sweep.js';
import { takeBackup } from './take.js';
import type { BackupActivities } from './types.js';
import type { BackupOptions, EngineSource } from './work.js';

export { compareContents } from './compare.js';
export { loadEngines } from './engines.js';
export { parseManifest, type Manifest } from './manifest.js';
export type { BackupOptions, EngineSource } from './work.js';

/** What the backup activities reach the outside through. */
export interface BackupConnections {
  secrets: SecretResolver;
  /** Clients of Kubernetes contexts, for the engine of Kubernetes objects; loaded when it is needed. */
  kubernetes: () => Promise<Connect>;
  /** Other engines than our own. */
  engines?: EngineSource;
  /** Folder for scratch and staged files; `BELAY_SCRATCH`, or one below the system's temporary folder, when left out. */
  scratchRoot?: string;
  /** Task queue of this very worker's machine; only staging needs it. */
  hostQueue?: string;
}

/** Backup, verification and restore. What each touches, its errors and why it is safe to repeat: `BackupActivities`. */
export function createBackupActivities(connections: BackupConnections): BackupActivities {
  const { secrets, kubernetes } = connections;
  const options: BackupOptions = {
    secrets,
    engines: connections.engines ?? loadEngines(kubernetes),
    scratchRoot: connections.scratchRoot ?? scratchRoot(),
    hostQueue: connections.hostQueue ?? '',
  };
  return {
    inspectSource: (input) => inspectSource(options, input),
    inspectStore: (input) => inspectStore(options, input),
    listBackups: (input) => listBackups(options, input),
    takeBackup: (input) => takeBackup(options, input),
    stageBackup: (input) => stageBackup(options, input),
    uploadStaged: (input) => uploadStaged(options, input),
    discardStaged: (input) => discardStaged(options, input),
    discardBackup: (input) => discardBackup(options, input),
    readBack: (input) => readBack(options, input),
    publishBackup: (input) => publishBackup(options, input),
    rehearseRestore: (input) => rehearseRestore(options, input),
    recordBackupEvent: (input) => recordBackupEvent(options, input),
    deleteBackup: (input) => deleteBackup(options, input),
    sweepLeftovers: (input) => sweepLeftovers(options, input),
    restoreBackup: (input) => restoreBackup(options, input),
    inspectRestore: (input) => inspectRestore(options, input),
    swapIn: (input) => swapIn(options, input),
    swapBack: (input) => swapBack(options, input),
    dropRestored: (input) => dropRestored(options, input),
  };
}
