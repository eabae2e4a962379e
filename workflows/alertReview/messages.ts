import type { VerbName } from '../kit/messages.js';

/** What people can tell a review. */
export const verbs: readonly VerbName[] = ['approve', 'reject', 'abort'];
