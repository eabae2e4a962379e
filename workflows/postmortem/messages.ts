import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { RunStatus } from '../kit/types.js';
import type { DeskActionName, DeskAnswer, DeskPayload } from './desk.js';
import type { PostmortemView } from './types.js';

export const deskUpdate = (name: DeskActionName) => defineUpdate<DeskAnswer, [DeskPayload]>(name);

/** Where the postmortem stands. */
export const statusQuery = defineQuery<RunStatus & { postmortem?: PostmortemView }>('status');

/** The present text. */
export const draftQuery = defineQuery<{ revision: number; text: string }>('draft');
