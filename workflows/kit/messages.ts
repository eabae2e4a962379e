import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RunStatus } from './types.js';
import type { VerbName } from './verbTexts.js';

export type { VerbName } from './verbTexts.js';

/** Payload of every verb. `requestId` makes a repeat harmless: the first answer is given again. */
export interface VerbInput {
  actor: string;
  reason?: string;
  requestId?: string;
  /** For `approve`: hash of the plan that was read. */
  planHash?: string;
}

export interface VerbAnswer {
  accepted: boolean;
  answer: string;
}

/** Query: where the run stands. */
export const statusQuery = defineQuery<RunStatus>('status');

/** The same verb as an update (synchronous answer) and as a signal (bots that fire and forget). */
export const verbUpdate = (name: VerbName) => defineUpdate<VerbAnswer, [VerbInput]>(name);
export const verbSignal = (name: VerbName) => defineSignal<[VerbInput]>(name);
