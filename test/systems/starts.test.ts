import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkSystemFile } from '../../systems/check.js';
import { findSystemFile, packagedSystems } from '../../systems/directories.js';
import { listSystems } from '../../systems/load.js';
import { checkStarts } from '../../systems/startChecks.js';
import { catalogue } from '../../workflows/catalogue.js';
import { folderWith } from './describeFile.js';
import { type Case, INCIDENT_SAMPLE } from './describeIncidents.js';

const further = checkStarts(catalogue);
const dirs = [packagedSystems()];

function after(from: string, to: string): string[] {
  expect(INCIDENT_SAMPLE).toContain(from);
  const file = join(folderWith({ 'shop.yaml': INCIDENT_SAMPLE.replace(from, to) }), 'shop.yaml');
  return checkSystemFile(file, further).map(({ path, message }) => `${path}: ${message}`);
}

describe('runbooks that an incident starts', () => {
  test('the sample is right', () => {
    expect(after('', '')).toEqual([]);
  });

  test.each(listSystems(dirs))('those of %s are right', (name) => {
    expect(checkSystemFile(findSystemFile(name, dirs) ?? '', further)).toEqual([]);
  });

  test.each<Case>([
    [
      'unknown runbook',
      'runbook: restart',
      'runbook: restrat',
      'incidents.runbooks[0].start.runbook: there is no runbook "restrat"; did you mean "restart"?',
    ],
    [
      'unknown runbook of a step',
      'runbook: emergencyShutdown',
      'runbook: shutdown',
      'incidents.checklist[0].start.runbook: there is no runbook "shutdown"',
    ],
    [
      'unknown field',
      'workloads: [web] }',
      'workloads: [web], force: true }',
      'incidents.runbooks[0].start.input.force: unknown field',
    ],
    [
      'missing field',
      'runbook: restart, input: { workloads: [web] }',
      'runbook: restart',
      'incidents.runbooks[0].start.input.workloads: is missing; must be a list',
    ],
    [
      'unknown workload',
      'workloads: [web] }',
      'workloads: [wep] }',
      '"wep" is no workload of shop; it has database, web',
    ],
    [
      'field that the incident fills in',
      'workloads: [web] }',
      'workloads: [web], reason: slow }',
      'incidents.runbooks[0].start.input.reason: is filled in by the incident; remove it',
    ],
  ])('%s', (_, from, to, expected) => {
    const problems = after(from, to);
    expect(problems[0]).toContain(expected);
    expect(problems).toHaveLength(1);
  });

  test('a mistake elsewhere in the incidents hides none here', () => {
    const text = INCIDENT_SAMPLE.replace('unmatched: P2', 'unmatched: 2').replace(
      'workloads: [web] }',
      'workloads: [wep] }',
    );
    const file = join(folderWith({ 'shop.yaml': text }), 'shop.yaml');
    expect(checkSystemFile(file, further).map(({ path }) => path)).toEqual([
      'incidents.unmatched',
      'incidents.runbooks[0].start.input.workloads[0]',
    ]);
  });
});
