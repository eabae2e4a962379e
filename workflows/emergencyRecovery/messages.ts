import type { VerbName } from '../kit/messages.js';

/** What people can tell a recovery. */
export const verbs: readonly VerbName[] = [
  'approve',
  'reject',
  'pause',
  'resume',
  'accept',
  'skipTier',
  'stayDown',
  'abort',
];
