/** Addresses in the Temporal UI. `base` is the UI's own, e.g. `http://127.0.0.1:8233`. */
export interface UiPlace {
  base: string;
  namespace: string;
}

const namespaceUrl = ({ base, namespace }: UiPlace): string =>
  `${base.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}`;

/**
 * The UI's start form, filled in. It takes workflow id, queue and type from the address, and the input from the newest run of that
 * type; there is no parameter for the input, so it has to be pasted the first time.
 */
export function startFormUrl(
  place: UiPlace,
  options: { taskQueue: string; runbook: string; workflowId: string },
): string {
  const query = new URLSearchParams({
    taskQueue: options.taskQueue,
    workflowType: options.runbook,
    workflowId: options.workflowId,
  });
  return `${namespaceUrl(place)}/workflows/start-workflow?${query.toString()}`;
}

/** The page of one run. */
export function runUrl(place: UiPlace, workflowId: string, runId?: string): string {
  const run = runId === undefined ? '' : `/${encodeURIComponent(runId)}`;
  return `${namespaceUrl(place)}/workflows/${encodeURIComponent(workflowId)}${run}`;
}

const isLoopback = (address: string): boolean => /^(127\.|localhost|\[::1\])/.test(address);

/** `BELAY_UI_URL`, else the development server's default beside a local Temporal; otherwise nobody can know it. */
export function uiBase(env: NodeJS.ProcessEnv, address: string): string | undefined {
  if (env['BELAY_UI_URL']) return env['BELAY_UI_URL'];
  return isLoopback(address) ? 'http://127.0.0.1:8233' : undefined;
}
