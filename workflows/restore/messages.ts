import type { VerbName } from '../kit/messages.js';

/** What people and bots can tell a restore. Query: `status`. */
export const verbs = ['approve', 'reject', 'pause', 'resume', 'abort'] as const satisfies VerbName[];
