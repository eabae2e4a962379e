import type { VerbName } from '../kit/messages.js';

/** What people and bots can tell an audit. Query: `status`. */
export const verbs = ['abort'] as const satisfies VerbName[];
