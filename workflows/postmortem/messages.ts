import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { VerbName } from '../kit/messages.js';
import type { RunStatus } from '../kit/types.js';
import type { DeskActionName, DeskAnswer, DeskPayload } from './desk.js';
import type { PostmortemView } from './types.js';

/** What every run takes, beside the updates of its own. */
export const verbs = ['abort'] as const satisfies VerbName[];

export const deskDescriptions: Record<DeskActionName, string> = {
  edit: 'A new revision of the text. Give text, and expectedRevision so that nobody is overwritten. One in review becomes a draft again.',
  submit: 'The draft is ready to be read by others. Refused while something is still to be filled in.',
  publish: 'The text in review is final: it is kept, and the run ends.',
};

export const deskUpdate = (name: DeskActionName) => defineUpdate<DeskAnswer, [DeskPayload]>(name);

/** Where the postmortem stands. */
export const statusQuery = defineQuery<RunStatus & { postmortem?: PostmortemView }>('status');

/** The present text. */
export const draftQuery = defineQuery<{ revision: number; text: string }>('draft');
