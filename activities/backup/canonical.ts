import { createHash } from 'node:crypto';
import stringify from 'fast-json-stable-stringify';

/** JSON with sorted keys: equal values give equal text. Members that are undefined are left out. */
export const canonical = (value: unknown): string => stringify(value);

/** sha256 of the canonical JSON, hex. */
export const digestOf = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('hex');
