import { createRequire } from 'node:module';
import type * as Package from 'rrule';

/** Recurrence rules of RFC 5545. The package's build for Node is one whose names Node cannot import. */
export const { RRule } = createRequire(import.meta.url)('rrule') as typeof Package;
