import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Stops every sandbox whose state is below this folder, then removes the folder. */
export async function stopSandboxes(folder) {
  const sandboxes = join(folder, 'sandbox');
  if (existsSync(sandboxes)) {
    // The compiled code: Jest does not transform what its own setup imports. Whoever started a sandbox has built it.
    const { down } = await import('../../dist/sandbox/index.js');
    const before = process.env.BELAY_STATE;
    process.env.BELAY_STATE = folder;
    for (const entry of readdirSync(sandboxes, { withFileTypes: true })) {
      if (entry.isDirectory() && !entry.name.includes('.lock')) await down(entry.name, { purge: true });
    }
    if (before === undefined) delete process.env.BELAY_STATE;
    else process.env.BELAY_STATE = before;
  }
  rmSync(folder, { recursive: true, force: true });
}
