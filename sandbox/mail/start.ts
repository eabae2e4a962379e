import { startHostProcess } from '../host/process.js';
import { freePort } from '../kit/ports.js';
import { stopPid } from '../kit/process.js';
import type { Progress, SandboxState } from '../kit/types.js';

const READY_MS = 30_000;

/** Starts the mail server in a Node process of its own. Nothing stays behind when it fails. */
export async function startMail(options: {
  dir: string;
  progress: Progress;
}): Promise<{ pids: Record<string, number>; mail: NonNullable<SandboxState['mail']> }> {
  const { dir, progress } = options;
  progress('starting the mail server');
  const config = { mail: { port: await freePort(), controlPort: await freePort() } };
  const host = await startHostProcess({ name: 'mail', dir, config });
  try {
    const { mail } = await host.ready(READY_MS);
    if (!mail) throw new Error('its process serves no mail; run npm run build and start it again');
    return { pids: { mail: host.process.pid }, mail };
  } catch (error) {
    await stopPid(host.process.pid, 2_000);
    throw error;
  }
}
