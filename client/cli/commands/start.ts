import { newWorkflowId } from '../../ids.js';
import { runUrl } from '../../links.js';
import { pollers } from '../../pollers.js';
import { AlreadyRunning, startRun } from '../../start.js';
import type { Started } from '../../start.js';
import type { Temporal } from '../../connection.js';
import { CliError } from '../errors.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { prepareInput } from '../prepare.js';
import type { InputOptions, Prepared } from '../prepare.js';
import { taskQueue, uiPlace, withTemporal } from '../session.js';
import { watchRun } from '../watch/watch.js';

export interface StartOptions extends InputOptions {
  id?: string;
  watch?: boolean;
}

/** Tells when nobody would do the work; the run then waits for a worker, which is not an error. */
export async function warnWithoutWorker(io: Io, { client }: Temporal): Promise<boolean> {
  const queue = taskQueue(io);
  const identities = await pollers(client, queue);
  if (identities.length > 0) return true;
  io.note(`warning: no worker polls the queue "${queue}"; the run waits until one does. Start one: belay worker`);
  return false;
}

/** Starts a run; see `AlreadyRunning` for an id that is taken. */
export async function begin(io: Io, temporal: Temporal, prepared: Prepared, id?: string): Promise<Started> {
  const { runbook, input, system } = prepared;
  const workflowId = id ?? newWorkflowId(runbook.id, system);
  try {
    return await startRun(temporal.client, runbook, input, { taskQueue: taskQueue(io), workflowId });
  } catch (error) {
    if (error instanceof AlreadyRunning) throw new CliError(error.message);
    throw error;
  }
}

/** `belay start <runbook>`: validates, starts, and with `--watch` follows to the end. */
export async function start(io: Io, id: string, options: StartOptions, flags: string[]): Promise<number> {
  const prepared = await prepareInput(io, id, options, flags);
  return withTemporal(io, async (temporal) => {
    await warnWithoutWorker(io, temporal);
    const run = await begin(io, temporal, prepared, options.id);
    const place = uiPlace(io, temporal);
    const url = place && runUrl(place, run.workflowId, run.runId);
    if (options.watch) {
      io.note(`Started ${run.workflowId}${url ? `  ${url}` : ''}`);
      return (await watchRun(temporal.client, run, io)).code;
    }
    print(io, { ...run, ...(url ? { url } : {}) }, () =>
      [`Started ${run.workflowId}`, ...(url ? [`  ${url}`] : []), `  belay watch ${run.workflowId}`].join('\n'),
    );
    return 0;
  });
}
