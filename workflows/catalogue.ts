import type { Runbook } from './kit/runbook.js';
import { rollbackRunbook } from './rollback/runbook.js';
import { rollingUpdateRunbook } from './rollingUpdate/runbook.js';

/** Every runbook by id. For worker and client; the workflow bundle never imports this file. */
export const catalogue: Record<string, Runbook> = {
  rollingUpdate: rollingUpdateRunbook as unknown as Runbook,
  rollback: rollbackRunbook as unknown as Runbook,
};
