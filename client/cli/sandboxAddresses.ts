import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { programFolders } from '../../sandbox/programFolders.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { Io } from './io.js';

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Folder of the sandbox with the merge patches that point system descriptions at it. */
export const overlayDir = (state: SandboxState): string => join(state.dir, 'overlay');

/** What a running sandbox stands in for, and the variables whose presence says that the user has something else in mind. */
export function addresses(state: SandboxState, env: NodeJS.ProcessEnv): Record<string, string> {
  const found: Record<string, string> = {};
  const own = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'].some((name) => env[name]);
  if (state.temporal && !own) {
    found['TEMPORAL_ADDRESS'] = state.temporal.address;
    found['TEMPORAL_NAMESPACE'] = state.temporal.namespace;
    found['BELAY_UI_URL'] = state.temporal.ui;
  }
  if (state.kubernetes && !env['KUBECONFIG']) {
    found['KUBECONFIG'] = state.kubernetes.kubeconfig;
    if (!env['BELAY_SYSTEMS_OVERLAY'] && existsSync(overlayDir(state)))
      found['BELAY_SYSTEMS_OVERLAY'] = overlayDir(state);
    if (state.slack && !env['SLACK_BOT_TOKEN']) {
      found['BELAY_SLACK_API_URL'] = state.slack.url;
      found['SLACK_BOT_TOKEN'] = state.slack.token;
      found['SLACK_SIGNING_SECRET'] = state.slack.signingSecret;
      // Workers and the gateway only have to agree.
      found['BELAY_BUTTON_KEY'] = createHash('sha256').update(`buttons ${state.slack.token}`).digest('hex');
    }
    if (state.statuspage && !env['STATUSPAGE_API_KEY']) {
      found['BELAY_STATUSPAGE_API_URL'] = state.statuspage.url;
      found['STATUSPAGE_API_KEY'] = state.statuspage.token;
    }
    if (state.pagerduty && !env['PAGERDUTY_ROUTING_KEY']) {
      found['BELAY_PAGERDUTY_API_URL'] = state.pagerduty.url;
      found['PAGERDUTY_ROUTING_KEY'] = state.pagerduty.routingKey;
    }
  }
  const folders = programFolders(state);
  if (folders !== '' && !env['BELAY_PROGRAMS']) found['BELAY_PROGRAMS'] = folders;
  return found;
}

let told = false;

/**
 * When a sandbox is up, its addresses stand in for `TEMPORAL_ADDRESS` and `KUBECONFIG` where those are not set; says so once, on
 * standard error. `BELAY_SANDBOX=off` switches it off, `BELAY_SANDBOX=NAME` picks another sandbox.
 */
export async function useSandbox(io: Io): Promise<void> {
  if (told || io.env['BELAY_SANDBOX'] === 'off') return;
  const { readState } = await import('../../sandbox/kit/state.js');
  const state = await readState(io.env['BELAY_SANDBOX'] || undefined);
  if (!state || !Object.values(state.pids).some(alive)) return;
  const found = addresses(state, io.env);
  Object.assign(io.env, found);
  told = true;
  const shown = ['TEMPORAL_ADDRESS', 'KUBECONFIG'].flatMap((name) => (found[name] ? [`${name}=${found[name]}`] : []));
  if (shown.length > 0) io.note(`Using the sandbox "${state.name}": ${shown.join(' ')}`);
}
