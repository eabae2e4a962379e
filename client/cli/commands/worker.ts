import type { Io } from '../io.js';
import { useSandbox } from '../sandboxAddresses.js';

/** `belay worker`: runs a worker in this process until it is told to stop; with `host`, for work on that host only. */
export async function worker(io: Io, options: { host?: string }): Promise<number> {
  await useSandbox(io);
  if (options.host !== undefined) Object.assign(process.env, { BELAY_HOST: options.host, BELAY_HOST_ONLY: 'true' });
  const { workerProcess } = await import('../../../worker/process.js');
  await workerProcess();
  return Number(process.exitCode ?? 0);
}
