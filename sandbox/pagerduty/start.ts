import { startHostProcess } from '../host/process.js';
import { freePort } from '../kit/ports.js';
import { stopPid } from '../kit/process.js';
import type { Progress, SandboxState } from '../kit/types.js';

const READY_MS = 30_000;

/** Starts the double in a Node process of its own. Nothing stays behind when it fails. */
export async function startPagerduty(options: {
  dir: string;
  progress: Progress;
}): Promise<{ pids: Record<string, number>; pagerduty: NonNullable<SandboxState['pagerduty']> }> {
  const { dir, progress } = options;
  progress('starting the double of PagerDuty');
  const host = await startHostProcess({ name: 'pagerduty', dir, config: { pagerduty: { port: await freePort() } } });
  try {
    const { pagerduty } = await host.ready(READY_MS);
    if (!pagerduty) throw new Error('its process serves no PagerDuty; run npm run build and start it again');
    return { pids: { pagerduty: host.process.pid }, pagerduty };
  } catch (error) {
    await stopPid(host.process.pid, 2_000);
    throw error;
  }
}
