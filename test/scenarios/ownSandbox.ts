import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down } from '../../sandbox/index.js';

/**
 * For tools outside Jest: runs `body` with a sandbox name and a state folder that nobody else uses, and stops what it has
 * started there, also when the tool is interrupted.
 */
export async function withOwnSandbox(name: string, body: () => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), `belay-${name}-`));
  process.env['BELAY_STATE'] = state;
  process.env['BELAY_TEST_SANDBOX'] = name;
  const cleanUp = async (): Promise<void> => {
    await down(name, { purge: true });
    rmSync(state, { recursive: true, force: true });
  };
  const interrupted = (): void => {
    void cleanUp().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    await body();
  } finally {
    await cleanUp();
  }
}
