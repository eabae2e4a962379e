import { ApplicationFailure } from '@temporalio/common';
import { createCatalogueActivities } from '../activities/catalogue/index.js';
import type { ResolvedInput } from '../activities/types.js';
import { loadSystem } from '../systems/load.js';
import { runbookInputs } from '../worker/runbookInputs.js';
import type { InputProblem } from '../workflows/kit/runbook.js';

/** Input that is right, with defaults filled in, or everything that is wrong with it. */
export type Validation = { resolved: ResolvedInput } | { problems: InputProblem[] };

/**
 * What a run's first step does, before the run is started: the same code, so the same messages. The worker's own answer counts (it may
 * know other descriptions); this one is quicker. Reads system descriptions only.
 */
export async function validateInput(runbook: string, raw: unknown): Promise<Validation> {
  const { resolveInput } = createCatalogueActivities({
    runbooks: runbookInputs(),
    loadSystem: (name) => loadSystem(name),
  });
  try {
    return { resolved: await resolveInput({ runbook, raw }) };
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'InvalidInput') throw error;
    const [details] = error.details as [{ problems: InputProblem[] }];
    return { problems: details.problems };
  }
}
