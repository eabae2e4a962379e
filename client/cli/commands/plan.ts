import { runEnd } from '../../outcome.js';
import { CliError } from '../errors.js';
import { exitCodeOf } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { prepareInput } from '../prepare.js';
import type { InputOptions } from '../prepare.js';
import { taskQueue, withTemporal } from '../session.js';
import { planLines } from '../watch/format.js';
import { begin, warnWithoutWorker } from './start.js';

/** `belay plan <runbook>`: a dry run. Reads the live state, prints what a run would do, changes nothing. */
export async function plan(io: Io, id: string, options: InputOptions, flags: string[]): Promise<number> {
  const prepared = await prepareInput(io, id, options, flags, { dryRun: true });
  return withTemporal(io, async (temporal) => {
    if (!(await warnWithoutWorker(io, temporal))) {
      throw new CliError(`A plan needs a worker on the queue "${taskQueue(io)}". Start one: belay worker`);
    }
    const run = await begin(io, temporal, prepared);
    const end = await runEnd(temporal.client.workflow.getHandle(run.workflowId, run.runId));
    const code = exitCodeOf(end.outcome);
    const { report } = end;
    print(io, { ...run, ...end, exitCode: code }, () =>
      report?.plan && code === 0
        ? planLines(report.plan).join('\n')
        : [`${end.outcome}: ${end.summary}`, `details: belay report ${run.workflowId}`].join('\n'),
    );
    return code;
  });
}
