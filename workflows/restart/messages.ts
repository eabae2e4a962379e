import type { VerbName } from '../kit/messages.js';

/** What people can tell a restart. */
export const verbs: readonly VerbName[] = ['approve', 'reject', 'pause', 'resume', 'abort'];
