import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readState, up } from '../../sandbox/index.js';
import { projectRoot } from '../../sandbox/kit/paths.js';
import type { ComponentName, SandboxState } from '../../sandbox/kit/types.js';

const HOST: readonly ComponentName[] = ['services', 'registry', 'slack'];

/**
 * The sandbox that all tests of this run share, with at least these components. The first caller starts them, the others
 * (also in other Jest workers) wait. It is stopped at the end of the run. Call it in `beforeAll` with a generous
 * time-out (`SANDBOX_MS`): on a machine that never ran it, servers are built from source. Tests must use names of their
 * own in it (task queues, namespaces), and must not stop its servers; whoever needs that starts one of their own.
 */
export async function sandbox(...components: ComponentName[]): Promise<SandboxState> {
  // One process plays all three: asking for another of them later would take it away from tests that are using it.
  const wanted = components.some((name) => HOST.includes(name)) ? [...components, ...HOST] : components;
  const name = process.env['BELAY_TEST_SANDBOX'] ?? 'test';
  const state = await readState(name);
  if (state !== undefined && wanted.every((component) => state[component] !== undefined)) return state;
  // Detached processes run the compiled code, which must be that of the sources under test.
  const bootstrap = join(projectRoot(), 'sandbox', 'bootstrap.mjs');
  await promisify(execFile)(process.execPath, [bootstrap, 'build', '--lenient'], { timeout: 300_000 });
  return up({ name, components: wanted, persistent: false, progress: (line) => process.stderr.write(`${line}\n`) });
}

/** Time-out for a `beforeAll` that calls `sandbox`: cold builds of the servers take some ten minutes on two cores. */
export const SANDBOX_MS = 30 * 60_000;
