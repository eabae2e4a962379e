import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const digest = (value: string | Buffer): Buffer => createHash('sha256').update(value).digest();
/** Fits no token: what a request to an unknown source is compared with. */
const NOBODY = digest(randomBytes(32));
const BEARER = /^Bearer +([\x21-\x7e]{1,1000})$/i;

/** The token of an `Authorization: Bearer …` header; `undefined` when there is none. */
export const bearerToken = (header: string | undefined): string | undefined => BEARER.exec(header ?? '')?.[1];

/**
 * Whether the token is one of those that count now. Compares hashes, all of them and in constant time; with nothing to compare it does the same work, so
 * that its time does not tell whether a source exists.
 */
export function isToken(given: string | undefined, valid: readonly string[]): boolean {
  const mine = digest(given ?? '');
  let found = false;
  for (const expected of valid.length > 0 ? valid.map(digest) : [NOBODY])
    if (timingSafeEqual(mine, expected)) found = true;
  return found && given !== undefined && valid.length > 0;
}
