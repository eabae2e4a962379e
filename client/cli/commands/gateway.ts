import type { GatewayOptions } from '../../gateway/config.js';
import type { Io } from '../io.js';
import { useSandbox } from '../sandboxAddresses.js';

/** `belay gateway`: takes alerts and the requests of bots, PagerDuty and Slack in this process until it is told to stop. */
export async function gateway(io: Io, options: GatewayOptions): Promise<number> {
  await useSandbox(io);
  const { gatewayProcess } = await import('../../gateway/process.js');
  return gatewayProcess(options);
}
