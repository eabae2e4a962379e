import type { VerbName } from '../kit/messages.js';

/** What people and bots can tell a rolling update; each is an update and a signal of that name. Query: `status`. */
export const verbs = [
  'approve',
  'reject',
  'pause',
  'resume',
  'abort',
  'promote',
  'retryRollback',
  'accept',
] as const satisfies VerbName[];
