import { UsageError } from '../errors.js';
import type { Io } from '../io.js';
import { withTemporal } from '../session.js';
import { watchRun } from '../watch/watch.js';

/** `belay watch <workflowId>`: follows a run to its end. */
export async function watch(io: Io, workflowId: string, options: { run?: string; timeout?: string }): Promise<number> {
  const seconds = options.timeout === undefined ? undefined : Number(options.timeout);
  if (seconds !== undefined && !(seconds > 0)) throw new UsageError('--timeout: a number of seconds above 0');
  const run = { workflowId, ...(options.run === undefined ? {} : { runId: options.run }) };
  return withTemporal(io, async ({ client }) => {
    const { code } = await watchRun(client, run, io, seconds === undefined ? {} : { timeoutMs: seconds * 1_000 });
    return code;
  });
}
