import type { VerbName } from '../kit/messages.js';

/** What people and bots can tell a retention run. Query: `status`. */
export const verbs = ['approve', 'reject', 'abort'] as const satisfies VerbName[];
