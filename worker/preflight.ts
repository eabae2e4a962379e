import type { ConnectionLike } from '@temporalio/client';
import { inspectSearchAttributes } from './searchAttributes.js';

/** The worker must not start; the message says what is wrong and what to do. */
export class PreflightError extends Error {
  override readonly name = 'PreflightError';
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 5; /* gRPC NOT_FOUND */

/**
 * Checks, before anything is polled, that the namespace exists and that it knows Belay's search attributes: without them every
 * run would fail at its first upsert. Read-only. Throws `PreflightError`.
 */
export async function checkNamespace(
  connection: Pick<ConnectionLike, 'operatorService' | 'workflowService'>,
  namespace: string,
): Promise<void> {
  // Both are asked at once; of a namespace that does not exist the first one's refusal is told.
  const attributes = inspectSearchAttributes(connection, namespace);
  attributes.catch(() => undefined);
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new PreflightError(
      `Namespace "${namespace}" does not exist. Create it (temporal operator namespace create ${namespace}) or set TEMPORAL_NAMESPACE.`,
    );
  }
  const { missing, wrong } = await attributes;
  if (wrong.length > 0) {
    throw new PreflightError(
      `Namespace "${namespace}" has search attributes of another type: ${wrong.join(', ')}. Remove them (temporal operator search-attribute remove) and run \`belay setup\`.`,
    );
  }
  if (missing.length > 0) {
    throw new PreflightError(
      `Namespace "${namespace}" lacks the search attributes ${missing.join(', ')}: run \`belay setup\` once.`,
    );
  }
}
