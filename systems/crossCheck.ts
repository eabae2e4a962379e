import { backupProblems } from './backupChecks.js';
import { channelProblems } from './channelChecks.js';
import { escalationProblems } from './escalationChecks.js';
import { incidentProblems } from './incidentChecks.js';
import { incidentReferenceProblems } from './incidentReferences.js';
import { partsOf } from './parts.js';
import { peopleProblems } from './peopleChecks.js';
import type { Finding } from './problem.js';
import { queryProblems } from './promql.js';
import { referenceProblems } from './references.js';
import { rotaProblems } from './rotaChecks.js';
import { ruleProblems } from './ruleChecks.js';
import { scheduleProblems } from './scheduleTiming.js';
import { timingProblems } from './timing.js';

/**
 * What the schema alone cannot see. Works on the raw description, also on one that the schema refuses, so that
 * all problems come at once. Pure.
 */
export function crossCheck(raw: unknown, expectedName?: string): Finding[] {
  const parts = partsOf(raw);
  const { root, oncall } = parts;
  return [
    ...referenceProblems(parts, expectedName),
    ...timingProblems(parts),
    ...backupProblems(parts),
    ...incidentReferenceProblems(root, oncall),
    ...channelProblems(root, oncall),
    ...peopleProblems(root, oncall),
    ...rotaProblems(oncall),
    ...escalationProblems(oncall),
    ...incidentProblems(oncall),
    ...ruleProblems(oncall),
    ...parts.gates.flatMap(queryProblems),
    ...parts.schedules.flatMap(scheduleProblems),
  ];
}
