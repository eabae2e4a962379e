import type { WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { renderReport } from '../../../workflows/kit/report.js';
import { runEnd } from '../../outcome.js';
import { CliError, UsageError } from '../errors.js';
import { exit, exitCodeOf } from '../exitCodes.js';
import { print, table } from '../io.js';
import type { Io } from '../io.js';
import { withTemporal } from '../session.js';

export interface ReportOptions {
  list?: boolean;
  format?: string;
  limit?: string;
  system?: string;
  run?: string;
}

const attribute = (info: WorkflowExecutionInfo, name: string): string => {
  const value = (info.searchAttributes as Record<string, unknown> | undefined)?.[name];
  return Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : '';
};

/** Quotes in a visibility query are doubled, as in SQL. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

interface RunRow {
  workflowId: string;
  runId: string;
  runbook: string;
  system: string;
  outcome: string;
  requestedBy: string;
  startedAt: string;
  endedAt?: string;
}

async function listRuns(io: Io, options: ReportOptions): Promise<number> {
  const limit = Number(options.limit ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw new UsageError('--limit: 1 to 1000');
  return withTemporal(io, async ({ client }) => {
    const query = `BelayRunbook IS NOT NULL${options.system ? ` AND BelaySystem = ${quoted(options.system)}` : ''}`;
    const rows: RunRow[] = [];
    for await (const info of client.workflow.list({ query })) {
      rows.push({
        workflowId: info.workflowId,
        runId: info.runId,
        runbook: attribute(info, 'BelayRunbook'),
        system: attribute(info, 'BelaySystem'),
        outcome: attribute(info, 'BelayOutcome') || info.status.name,
        requestedBy: attribute(info, 'BelayRequestedBy'),
        startedAt: info.startTime.toISOString(),
        ...(info.closeTime ? { endedAt: info.closeTime.toISOString() } : {}),
      });
      if (rows.length >= limit) break;
    }
    print(io, rows, () =>
      rows.length === 0
        ? 'No runs yet. Start one: belay start <runbook>'
        : table([
            ['STARTED', 'OUTCOME', 'BY', 'WORKFLOW'],
            ...rows.map((row) => [row.startedAt.slice(0, 19), row.outcome, row.requestedBy, row.workflowId]),
          ]),
    );
    return exit.ok;
  });
}

/** `belay report <workflowId>` or `--list`. Exit code of a report: that of the run's outcome. */
export async function report(io: Io, workflowId: string | undefined, options: ReportOptions): Promise<number> {
  if (options.list || workflowId === undefined) return listRuns(io, options);
  const format = io.json ? 'json' : (options.format ?? 'md');
  if (format !== 'md' && format !== 'json') throw new UsageError('--format: md or json');
  return withTemporal(io, async ({ client }) => {
    const handle = client.workflow.getHandle(workflowId, options.run);
    try {
      const { status } = await handle.describe();
      if (status.name === 'RUNNING')
        throw new CliError(`${workflowId} has not ended. Watch it: belay watch ${workflowId}`, exit.running);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError)
        throw new CliError(`There is no run ${workflowId}. See: belay report --list`);
      throw error;
    }
    const end = await runEnd(handle);
    if (format === 'json') io.out(JSON.stringify(end.report ?? end, null, 2));
    else
      io.out(
        end.report
          ? renderReport(end.report)
          : `${end.outcome}: ${end.summary}\nTemporal ended it; there is no report.`,
      );
    return exitCodeOf(end.outcome);
  });
}
