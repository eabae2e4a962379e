import { ApplicationFailure } from '@temporalio/common';
import { bounded } from '../secrets/redact.js';

/** Deadline of a plain call. */
export const CALL_MS = 10_000;

/** gRPC statuses (https://grpc.io/docs/guides/status-codes/); told by shape, as each kind of connection has its own class. */
export const [DEADLINE_EXCEEDED, NOT_FOUND] = [4, 5];

export const hasStatus = (error: unknown, code: number): boolean =>
  (error as { code?: unknown } | undefined)?.code === code;

/** `TemporalUnavailable`: final when asking again cannot help. */
export function unavailable(error: unknown): ApplicationFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  const message = `Temporal did not answer: ${bounded((error instanceof Error ? error.message : String(error)) + cause)}`;
  // PERMISSION_DENIED and INVALID_ARGUMENT stay what they are however often they are asked.
  const final = [error, (error as { cause?: unknown }).cause].some((one) => hasStatus(one, 7) || hasStatus(one, 3));
  return ApplicationFailure.create({ type: 'TemporalUnavailable', message, nonRetryable: final });
}
