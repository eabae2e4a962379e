import { userInfo } from 'node:os';
import { inputSchema } from '../fields.js';
import { runbookNamed, UnknownRunbook } from '../runbooks.js';
import { validateInput } from '../validate.js';
import type { Runbook } from '../../workflows/kit/runbook.js';
import { UsageError } from './errors.js';
import { applyFlags, applySets, readInput } from './inputArguments.js';
import type { Io } from './io.js';

/** How input can be given: a JSON object, single values, the runbook's own fields as flags. Later ones win. */
export interface InputOptions {
  input?: string;
  set?: string[];
}

/** Input that was found right. */
export interface Prepared {
  runbook: Runbook;
  input: Record<string, unknown>;
  system: string;
}

/** Who is asking: `BELAY_ACTOR`, else the user of this computer. */
export function actor(io: Io): string {
  return io.env['BELAY_ACTOR'] || userInfo().username;
}

/** Catalogue entry by name, as a usage error when there is none. */
export function namedRunbook(id: string): Runbook {
  try {
    return runbookNamed(id);
  } catch (error) {
    if (error instanceof UnknownRunbook) throw new UsageError(`${error.message}. See: belay list`);
    throw error;
  }
}

/** Input of a run, put together and validated as the run itself will do it; wrong input is a usage error that lists every problem. */
export async function prepareInput(
  io: Io,
  id: string,
  options: InputOptions,
  flags: string[],
  force: Record<string, unknown> = {},
): Promise<Prepared> {
  const runbook = namedRunbook(id);
  const schema = inputSchema(runbook);
  const input = { ...readInput(options.input) };
  applySets(input, options.set ?? [], schema);
  applyFlags(input, flags, schema);
  if (schema.properties?.['requestedBy']) input['requestedBy'] ??= actor(io);
  Object.assign(input, force);
  const checked = await validateInput(runbook.id, input);
  if ('resolved' in checked) return { runbook, input, system: checked.resolved.system.name };
  const lines = checked.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new UsageError(`InvalidInput: the input of ${id} is not valid. Nothing was started.`, lines);
}
