import { expect } from '@jest/globals';
import type { KillReport } from './harness.js';
import { table } from './table.js';

/** Asserts that no kill changed anything, and that the points that matter were hit. `least` runs are asked for. */
export function judge(report: KillReport, outcome: string, least: number): void {
  process.stderr.write(`${table(report)}\n`);
  expect(report.outcome).toBe(outcome);
  expect(report.runs.flatMap((run) => run.problems.map((problem) => `${run.point}: ${problem}`))).toEqual([]);
  const missed = report.runs.filter((run) => run.killedAt === 0).map((run) => run.point);
  // The number of events varies a little from run to run: only events at the very end may be missed.
  expect(missed.filter((point) => !point.startsWith('event '))).toEqual([]);
  expect(missed.length).toBeLessThan(3);
  expect(report.runs.length).toBeGreaterThan(least);
}
