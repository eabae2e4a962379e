import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { RotaOverride } from './types.js';

/** Deadline of one look. Two of them fit into the time that a page may take. */
const LOOK_MS = 3_000;
const LOOKS = 2;

/** Workflow id under which the overrides of a rota are kept. */
export const overridesId = (system: string, rota: string): string => `rota/${system}/${rota}`;

function isOverride(value: unknown): value is RotaOverride {
  const one = value as Partial<Record<keyof RotaOverride, unknown>> | null;
  return (
    typeof one?.person === 'string' &&
    typeof one.from === 'string' &&
    typeof one.to === 'string' &&
    typeof one.reason === 'string'
  );
}

/**
 * The overrides of a rota that were made at run time, in the order in which they were made. Read from the memo of the workflow that keeps them, so that
 * no worker has to answer. None when there is no such workflow; throws when Temporal does not answer twice.
 */
export async function readOverrides(client: Client, system: string, rota: string): Promise<RotaOverride[]> {
  for (let look = 1; ; look++) {
    try {
      const { memo } = await client.withDeadline(Date.now() + LOOK_MS, () =>
        client.workflow.getHandle(overridesId(system, rota)).describe(),
      );
      const overrides: unknown = memo?.['overrides'];
      return Array.isArray(overrides) ? overrides.filter(isOverride) : [];
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return [];
      if (look === LOOKS) throw error;
    }
  }
}
