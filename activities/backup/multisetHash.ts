import { createHash } from 'node:crypto';

/**
 * Content hash of a bag of rows that does not depend on their order: the sums, modulo 2^64, of the four 64-bit pieces of each row's
 * sha256. Unlike an exclusive or, equal rows do not cancel each other out.
 */
export class MultisetHash {
  /** Rows so far. */
  rows = 0;
  private readonly sums = new BigUint64Array(4);

  /** Adds a row by its canonical bytes. */
  add(row: Uint8Array | string): void {
    const digest = createHash('sha256').update(row).digest();
    for (const [piece, sum] of this.sums.entries()) {
      // The array itself wraps at 2^64.
      this.sums[piece] = sum + digest.readBigUInt64BE(piece * 8);
    }
    this.rows += 1;
  }

  /** 64 hex digits; all zero for an empty bag. */
  hex(): string {
    return [...this.sums].map((sum) => sum.toString(16).padStart(16, '0')).join('');
  }
}
