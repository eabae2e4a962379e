import type { Io } from '../io.js';
import { useSandbox } from '../sandboxAddresses.js';

/** `belay worker`: runs a worker in this process until it is told to stop. */
export async function worker(io: Io): Promise<number> {
  await useSandbox(io);
  const { workerProcess } = await import('../../../worker/process.js');
  await workerProcess();
  return Number(process.exitCode ?? 0);
}
