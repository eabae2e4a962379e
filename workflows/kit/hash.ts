import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import stringify from 'fast-json-stable-stringify';

/** sha256 (hex) of the canonical JSON of `value`; key order does not matter. Pure, so it may run inside a workflow. */
export function hashOf(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(stringify(value))));
}
