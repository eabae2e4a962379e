import { createHmac, timingSafeEqual } from 'node:crypto';

const HEX_256 = /^[0-9a-f]{64}$/;

/** The 32 bytes that a signature's hexadecimal text stands for; `undefined` when it is no SHA-256. */
export function signatureBytes(hex: string): Buffer | undefined {
  return HEX_256.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/**
 * Whether any of the secrets gives any of the signatures for these bytes. Every pair is compared, in constant time, so that neither
 * the place of the first difference nor which secret fits can be measured.
 */
export function signedByAny(
  parts: readonly (string | Buffer)[],
  secrets: readonly string[],
  signatures: readonly Buffer[],
): boolean {
  let found = false;
  for (const secret of secrets) {
    const hmac = createHmac('sha256', secret);
    for (const part of parts) hmac.update(part);
    const expected = hmac.digest();
    for (const signature of signatures) {
      if (signature.length === expected.length && timingSafeEqual(signature, expected)) found = true;
    }
  }
  return found;
}
