import type { VerbName } from '../kit/messages.js';

/** What people can tell a rendering of routes. */
export const verbs: readonly VerbName[] = ['abort'];
