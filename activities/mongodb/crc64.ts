/** Reversed polynomial of ECMA-182, as Go's hash/crc64 has it; in halves, because JavaScript's bit operations have 32 bits. */
const POLY_HIGH = 0xc96c5795;
const POLY_LOW = 0xd7870f42;

const high = new Uint32Array(256);
const low = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [hi, lo] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const odd = lo & 1;
    lo = (lo >>> 1) | ((hi & 1) << 31);
    hi >>>= 1;
    if (odd !== 0) [hi, lo] = [hi ^ POLY_HIGH, lo ^ POLY_LOW];
  }
  high[byte] = hi;
  low[byte] = lo;
}

/** CRC-64 of ECMA-182, the checksum of mongodump's archives. */
export class Crc64 {
  private hi = -1;
  private lo = -1;

  add(bytes: Uint8Array): void {
    let { hi, lo } = this;
    for (const byte of bytes) {
      const at = (lo ^ byte) & 0xff;
      lo = ((lo >>> 8) | (hi << 24)) ^ (low[at] ?? 0);
      hi = (hi >>> 8) ^ (high[at] ?? 0);
    }
    this.hi = hi;
    this.lo = lo;
  }

  /** As a signed number of 64 bits, which is how archives store it. */
  value(): bigint {
    return BigInt.asIntN(64, (BigInt(~this.hi >>> 0) << 32n) | BigInt(~this.lo >>> 0));
  }
}
