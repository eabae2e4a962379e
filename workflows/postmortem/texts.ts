import type { VerbName } from '../kit/verbTexts.js';
import type { DeskActionName } from './desk.js';

/** What every run takes, beside the updates of its own. */
export const verbs = ['abort'] as const satisfies VerbName[];

/** What each update does: shown by the UI, by the CLI and by the docs. */
export const deskDescriptions: Record<DeskActionName, string> = {
  edit: 'A new revision of the text. Give text, and expectedRevision so that nobody is overwritten. One in review becomes a draft again.',
  submit: 'The draft is ready to be read by others. Refused while something is still to be filled in.',
  publish: 'The text in review is final: it is kept, and the run ends.',
};
