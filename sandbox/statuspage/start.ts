import { startHostProcess } from '../host/process.js';
import { freePort } from '../kit/ports.js';
import { stopPid } from '../kit/process.js';
import type { Progress, SandboxState } from '../kit/types.js';

const READY_MS = 30_000;

/** Starts the double in a Node process of its own. Nothing stays behind when it fails. */
export async function startStatuspage(options: {
  dir: string;
  progress: Progress;
}): Promise<{ pids: Record<string, number>; statuspage: NonNullable<SandboxState['statuspage']> }> {
  const { dir, progress } = options;
  progress('starting the double of Statuspage');
  const config = { statuspage: { port: await freePort() } };
  const host = await startHostProcess({ name: 'statuspage', dir, config });
  try {
    const { statuspage } = await host.ready(READY_MS);
    if (!statuspage) throw new Error('its process serves no status page; run npm run build and start it again');
    return { pids: { statuspage: host.process.pid }, statuspage };
  } catch (error) {
    await stopPid(host.process.pid, 2_000);
    throw error;
  }
}
