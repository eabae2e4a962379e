import { alertReviewRunbook } from './alertReview/runbook.js';
import { alertRoutingRunbook } from './alertRouting/runbook.js';
import { backupRunbook } from './backup/runbook.js';
import { backupWatchRunbook } from './backupWatch/runbook.js';
import { drTestRunbook } from './drTest/runbook.js';
import { emergencyRecoveryRunbook } from './emergencyRecovery/runbook.js';
import { emergencyShutdownRunbook } from './emergencyShutdown/runbook.js';
import { incidentAuditRunbook } from './incidentAudit/runbook.js';
import { incidentRunbook } from './incident/runbook.js';
import type { Runbook } from './kit/runbook.js';
import { postmortemRunbook } from './postmortem/runbook.js';
import { restartRunbook } from './restart/runbook.js';
import { restoreRunbook } from './restore/runbook.js';
import { retentionRunbook } from './retention/runbook.js';
import { rollbackRunbook } from './rollback/runbook.js';
import { rollingUpdateRunbook } from './rollingUpdate/runbook.js';
import { scaleRunbook } from './scale/runbook.js';
import { verifyBackupRunbook } from './verifyBackup/runbook.js';

/** Every runbook by id. For worker and client; the workflow bundle never imports this file. */
export const catalogue: Record<string, Runbook> = {
  rollingUpdate: rollingUpdateRunbook as unknown as Runbook,
  rollback: rollbackRunbook as unknown as Runbook,
  backup: backupRunbook as unknown as Runbook,
  verifyBackup: verifyBackupRunbook as unknown as Runbook,
  restore: restoreRunbook as unknown as Runbook,
  drTest: drTestRunbook as unknown as Runbook,
  backupWatch: backupWatchRunbook as unknown as Runbook,
  retention: retentionRunbook as unknown as Runbook,
  emergencyShutdown: emergencyShutdownRunbook as unknown as Runbook,
  emergencyRecovery: emergencyRecoveryRunbook as unknown as Runbook,
  scale: scaleRunbook as unknown as Runbook,
  restart: restartRunbook as unknown as Runbook,
  alertReview: alertReviewRunbook as unknown as Runbook,
  alertRouting: alertRoutingRunbook as unknown as Runbook,
  incident: incidentRunbook as unknown as Runbook,
  postmortem: postmortemRunbook as unknown as Runbook,
  incidentAudit: incidentAuditRunbook as unknown as Runbook,
};
