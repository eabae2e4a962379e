import { backupProblems } from './backupChecks.js';
import { partsOf } from './parts.js';
import type { Finding } from './problem.js';
import { queryProblems } from './promql.js';
import { referenceProblems } from './references.js';
import { scheduleProblems } from './scheduleTiming.js';
import { timingProblems } from './timing.js';

/**
 * What the schema alone cannot see. Works on the raw description, also on one that the schema refuses, so that
 * all problems come at once. Pure.
 */
export function crossCheck(raw: unknown, expectedName?: string): Finding[] {
  const parts = partsOf(raw);
  return [
    ...referenceProblems(parts, expectedName),
    ...timingProblems(parts),
    ...backupProblems(parts),
    ...parts.gates.flatMap(queryProblems),
    ...parts.schedules.flatMap(scheduleProblems),
  ];
}
