import { chmodSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopSandboxes } from './stopSandboxes.mjs';

/**
 * Sandboxes of this test run live in a folder of their own; they are started by the first test that needs one. Temporary
 * files of all tests go there too, and with it.
 */
export default async function globalSetup() {
  // Jest runs no teardown when it is interrupted: what such runs have left is stopped by the next one.
  for (const entry of readdirSync(tmpdir())) {
    const [, pid] = /^belay-test-(\d+)-/.exec(entry) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await stopSandboxes(join(tmpdir(), entry));
  }
  const folder = mkdtempSync(join(tmpdir(), `belay-test-${process.pid}-`));
  // Servers that refuse to run as root run as another user, who must pass it to reach their own folders.
  chmodSync(folder, 0o711);
  process.env.BELAY_STATE = folder;
  process.env.BELAY_TEST_SANDBOX = `test-${process.pid}`;
  process.env.TMPDIR = join(folder, 'tmp');
  mkdirSync(process.env.TMPDIR);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
