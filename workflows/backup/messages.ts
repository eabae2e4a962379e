import type { VerbName } from '../kit/messages.js';

/** What people and bots can tell a backup. `pause` begins no further source. Query: `status`. */
export const verbs = ['pause', 'resume', 'abort'] as const satisfies VerbName[];
