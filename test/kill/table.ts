import type { KillReport } from './harness.js';

/** The report as a table for people. */
export function table(report: KillReport): string {
  const rows = report.runs.map((run) => [
    run.point,
    run.killedAt === 0 ? '-' : String(run.killedAt),
    `${(run.tookMs / 1_000).toFixed(1)} s`,
    run.outcome,
    run.problems.length === 0 ? 'as undisturbed' : run.problems.join('; ').slice(0, 200),
  ]);
  const all = [['kill point', 'event', 'took', 'outcome', 'compared'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const head = `${report.runbook}: ${report.outcome} in ${(report.undisturbedMs / 1_000).toFixed(1)} s undisturbed, ${report.events} events; killed at ${report.runs.length} points, ${report.leftOut} left out for time`;
  return [head, ...lines].join('\n');
}
