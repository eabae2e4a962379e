import type { RunbookInput } from '../activities/catalogue/index.js';
import { catalogue } from '../workflows/catalogue.js';

/** What the first step of a run has to know of each runbook, from the catalogue. */
export function runbookInputs(): Record<string, RunbookInput> {
  return Object.fromEntries(
    Object.values(catalogue).map((entry) => [
      entry.id,
      {
        inputSchema: entry.input,
        needs: entry.needs,
        ...(entry.crossCheck ? { crossCheck: entry.crossCheck } : {}),
      },
    ]),
  );
}
