import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/common';
import { TemporalAway } from './port.js';

/** For one call of Temporal, with its tries. */
export const CALL_MS = 10_000;

const ofTemporal = (error: unknown): boolean =>
  error instanceof ServiceError || error instanceof NamespaceNotFoundError || isGrpcServiceError(error);

const words = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
};

/**
 * One call with a deadline. Throws `TemporalAway` for whatever Temporal itself cannot do now, and everything else as it is, `WorkflowNotFoundError`
 * among it.
 */
export async function call<T>(client: Client, body: () => Promise<T>, withinMs: number = CALL_MS): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + withinMs, body);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || !ofTemporal(error)) throw error;
    throw new TemporalAway(`Temporal has not taken it (${words(error)}); send it again.`, { cause: error });
  }
}

/** The same, and `undefined` when no such workflow is open. */
export async function callIfOpen<T>(client: Client, body: () => Promise<T>, withinMs?: number): Promise<T | undefined> {
  try {
    return await call(client, body, withinMs);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
