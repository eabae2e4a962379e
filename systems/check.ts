import { basename } from 'node:path';
import { examine, type FurtherCheck } from './examine.js';
import type { Problem } from './problem.js';
import { readSource } from './source.js';

export { type Problem, problemText } from './problem.js';

/** Every problem of one description file, in the order of its lines; empty when it can be used. Reads that file only. */
export function checkSystemFile(file: string, further?: FurtherCheck): Problem[] {
  const read = readSource(file);
  if ('problems' in read) return read.problems;
  return examine(read.source, undefined, basename(file).replace(/\.ya?ml$/, ''), further).problems;
}
