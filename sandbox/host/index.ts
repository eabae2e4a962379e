import { freePort } from '../kit/ports.js';
import { stopPid } from '../kit/process.js';
import type { Progress } from '../kit/types.js';
import { startHostProcess } from './process.js';
import type { HostReady } from './types.js';

const READY_TIMEOUT_MS = 30_000;

export type HostComponent = 'services' | 'registry' | 'slack';

export interface HostOptions {
  /** The sandbox's folder. */
  dir: string;
  kubeconfig: string;
  components: readonly HostComponent[];
  progress: Progress;
}

/**
 * Starts one Node process that serves the given components on free loopback ports, and waits until all of them listen.
 * Nothing stays behind when it fails.
 */
export async function startHost(options: HostOptions): Promise<{ pids: Record<string, number> } & HostReady> {
  const { dir, kubeconfig, components, progress } = options;
  progress(`starting ${components.join(', ')}`);
  const ports = await Promise.all(components.map(async (name) => [name, { port: await freePort() }] as const));
  const host = await startHostProcess({ name: 'host', dir, config: { kubeconfig, ...Object.fromEntries(ports) } });
  try {
    const ready = await host.ready(READY_TIMEOUT_MS);
    return { pids: { host: host.process.pid }, ...ready };
  } catch (error) {
    await stopPid(host.process.pid, 2_000);
    throw error;
  }
}
