/** Every workflow that the worker registers; the exported names are the public workflow types. */
export { alarm } from './alarm/workflow.js';
export { backup } from './backup/workflow.js';
export { backupWatch } from './backupWatch/workflow.js';
export { drTest } from './drTest/workflow.js';
export { emergencyRecovery } from './emergencyRecovery/workflow.js';
export { emergencyShutdown } from './emergencyShutdown/workflow.js';
export { keptCopy } from './keptCopy/workflow.js';
export { restart } from './restart/workflow.js';
export { restore } from './restore/workflow.js';
export { retention } from './retention/workflow.js';
export { rollback } from './rollback/workflow.js';
export { rollingUpdate } from './rollingUpdate/workflow.js';
export { scale } from './scale/workflow.js';
export { targetLock } from './targetLock/workflow.js';
export { verifyBackup } from './verifyBackup/workflow.js';
