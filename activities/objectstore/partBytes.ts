const MIB = 1024 * 1024;
/** Limits of S3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
export const MAX_PARTS = 10_000;
export const MIN_PART_BYTES = 5 * MIB;
export const MAX_PART_BYTES = 5 * 1024 * MIB;

const DEFAULT_PART_BYTES = 16 * MIB;
/** An upload may be half as big again as it was estimated, and a tenth of the parts is left over. */
const GROWTH = 1.5;
const PLANNED_PARTS = 9_000;

/** Size of an upload's parts, in whole MiB: 16 MiB up to an estimate of some 94 GiB, more for more. `estimate` in bytes. */
export function partBytesFor(estimate?: number): number {
  const needed = Math.ceil(((estimate ?? 0) * GROWTH) / PLANNED_PARTS / MIB) * MIB;
  return Math.min(MAX_PART_BYTES, Math.max(DEFAULT_PART_BYTES, needed));
}
