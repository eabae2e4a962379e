import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { FailureType } from './types.js';

/** A typed end of the run. Non-retryable: a procedure that failed is a fact, not a hiccup. */
export function fail(type: FailureType, message: string, evidence?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    details: evidence === undefined ? [] : [evidence],
  });
}

/** What a failure comes down to, whatever it is wrapped in. */
export interface Cause {
  type: string;
  message: string;
  details: unknown[];
}

/**
 * The innermost typed failure of an activity or child workflow, for people and for decisions.
 * Anything that is not a Temporal failure is a defect of ours: it is thrown on, so that the workflow task fails, can be
 * mended by a deploy, and the run is not lost.
 */
export function causeOf(error: unknown): Cause {
  if (!(error instanceof TemporalFailure)) throw error;
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause) {
    const inner = causeOf(error.cause);
    return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure
      ? { ...inner, message: `${error.activityType} did not finish in time (${inner.message})` }
      : inner;
  }
  if (isCancellation(error)) return { type: 'Cancelled', message: error.message, details: [] };
  if (error instanceof ApplicationFailure) {
    return { type: error.type ?? 'StepFailed', message: error.message, details: error.details ?? [] };
  }
  return { type: 'StepFailed', message: error.message, details: [] };
}
