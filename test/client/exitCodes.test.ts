import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodeOf, exitCodes } from '../../client/cli/exitCodes.js';
import { projectRoot } from '../../sandbox/kit/paths.js';
import type { FailureType } from '../../workflows/kit/types.js';

// A record, so that a new failure type without an exit code does not compile.
const expected: Record<FailureType, number> = {
  StepFailed: 1,
  InvalidInput: 2,
  PreflightFailed: 3,
  TargetBusy: 3,
  Rejected: 3,
  ApprovalExpired: 3,
  PlanOutdated: 3,
  Quarantined: 3,
  RolledBack: 4,
  Aborted: 4,
  Superseded: 5,
  TargetReplaced: 5,
  VerificationFailed: 6,
  AcceptedAsIs: 6,
  CompensationFailed: 7,
  BackupFailed: 11,
  BackupStale: 11,
  RestoreFailed: 11,
  ObjectiveMissed: 11,
  PartialShutdown: 12,
  RecoveryFailed: 12,
  StayedDown: 12,
  IncidentOverdue: 13,
};

describe('exit codes', () => {
  test.each(Object.entries(expected))('%s is %i', (type, code) => {
    expect(exitCodeOf(type)).toBe(code);
  });

  test('success is 0, an end brought about by Temporal 8, anything unknown 1', () => {
    expect(['succeeded', 'planned', 'Terminated', 'TimedOut', 'Cancelled', 'Nonsense'].map(exitCodeOf)).toEqual([
      0, 0, 8, 8, 8, 1,
    ]);
  });

  test('no outcome has two codes, and no code stands twice', () => {
    const outcomes = exitCodes.flatMap(({ outcomes: some }) => [...some]);
    expect(new Set(outcomes).size).toBe(outcomes.length);
    expect(new Set(exitCodes.map(({ code }) => code)).size).toBe(exitCodes.length);
  });

  test('docs/cli.md has every code with its meaning and outcomes', () => {
    const page = readFileSync(join(projectRoot(), 'docs', 'cli.md'), 'utf8');
    for (const { code, meaning, outcomes } of exitCodes) {
      const row = page.split('\n').find((line) => new RegExp(`^\\| ${code} +\\|`).test(line)) ?? '';
      expect(row).toContain(meaning);
      for (const outcome of outcomes) expect(row).toContain(`\`${outcome}\``);
    }
  });
});
