import type { Temporal } from '../connection.js';
import { uiBase } from '../links.js';
import type { UiPlace } from '../links.js';
import { CliError, messageOf } from './errors.js';
import type { Io } from './io.js';
import { useSandbox } from './sandboxAddresses.js';

/** Runs `body` with a connection and closes it. Without `TEMPORAL_ADDRESS`, a running sandbox's is used. */
export async function withTemporal<T>(io: Io, body: (temporal: Temporal) => Promise<T>): Promise<T> {
  await useSandbox(io);
  const { connectTemporal, TemporalUnreachable } = await import('../connection.js');
  let temporal: Temporal;
  try {
    temporal = await connectTemporal(io.env);
  } catch (error) {
    if (error instanceof TemporalUnreachable) throw new CliError(error.message, 1, [], { cause: error });
    throw new CliError(`The Temporal connection settings are wrong: ${messageOf(error)}`, 1, [], { cause: error });
  }
  try {
    return await body(temporal);
  } finally {
    await temporal.close();
  }
}

/** The UI of this Temporal, when it is known. */
export function uiPlace(io: Io, { address, namespace }: Pick<Temporal, 'address' | 'namespace'>): UiPlace | undefined {
  const base = uiBase(io.env, address);
  return base === undefined ? undefined : { base, namespace };
}

/** Queue that runs are started on. */
export const taskQueue = (io: Io): string => io.env['BELAY_TASK_QUEUE'] ?? 'belay';
