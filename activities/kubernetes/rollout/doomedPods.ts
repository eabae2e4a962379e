import type { ContainerStatus, Pod } from '../model/objects.js';

/** Why a pod will not come up by waiting. */
export interface Doom {
  pod: string;
  container: string;
  /** The kubelet's word, e.g. `CrashLoopBackOff`. */
  reason: string;
  /** One clause for a summary. */
  words: string;
  message?: string;
  exitCode?: number;
}

/** First pull error by `<pod uid>/<container>`: the later `ImagePullBackOff` hides it. */
export type PullMessages = Map<string, string>;

/** Answers of registries and runtimes that waiting does not change. A missing route or a 5xx is not among them. */
const NO_SUCH_IMAGE =
  /not found|manifest unknown|name unknown|does not exist|no match for platform|pull access denied|invalid reference/i;

/** Kubelet caches that fill a moment later. */
const CACHE_SYNC = /failed to sync (secret|configmap) cache/i;

/** The kubelet's own trouble with the node, seen as ContainerCannotRun. */
const NODE_TROUBLE_EXIT = 128;

export const containersOf = (pod: Pod): ContainerStatus[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];

/** Remembers the pull errors that are visible now. */
export function rememberPullMessages(pod: Pod, seen: PullMessages): void {
  for (const status of containersOf(pod)) {
    const { reason, message } = status.state?.waiting ?? {};
    const key = `${pod.metadata.uid}/${status.name}`;
    if (reason === 'ErrImagePull' && message && !seen.has(key)) seen.set(key, message);
  }
}

/**
 * The first container that dooms its pod, init containers included. Rules of Shopify's Krane, with its exceptions: evicted and
 * preempted pods are replaced by others, slow readiness is not doom, cache syncs and exit code 128 are the node's trouble.
 */
export function doomOf(pod: Pod, pulls: PullMessages): Doom | undefined {
  if (['Evicted', 'Preempting', 'Preempted', 'NodeShutdown', 'Terminated'].includes(pod.status?.reason ?? ''))
    return undefined;
  for (const status of containersOf(pod)) {
    const found = doomedContainer(status, pulls.get(`${pod.metadata.uid}/${status.name}`));
    if (found) return { pod: pod.metadata.name, container: status.name, ...found };
  }
  return undefined;
}

function doomedContainer(status: ContainerStatus, pull?: string): Omit<Doom, 'pod' | 'container'> | undefined {
  const { reason, message } = status.state?.waiting ?? {};
  const last = status.state?.terminated ?? status.lastState?.terminated;
  const exit = last?.exitCode === undefined ? {} : { exitCode: last.exitCode };
  const died = last?.message ?? message;
  switch (reason) {
    case 'CrashLoopBackOff':
      return {
        reason,
        words: `keeps crashing (${deathOf(last)})${last?.message ? `: ${last.message}` : ''}`,
        ...(died ? { message: died } : {}),
        ...exit,
      };
    case 'ErrImagePull':
    case 'ImagePullBackOff': {
      const why = pull ?? message ?? '';
      if (!NO_SUCH_IMAGE.test(why)) return undefined;
      return { reason: 'ErrImagePull', words: `cannot pull ${status.image ?? 'its image'}: ${why}`, message: why };
    }
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return { reason, words: `${reason} ${message ?? ''}`.trim(), ...(message ? { message } : {}) };
    case 'CreateContainerConfigError':
      if (CACHE_SYNC.test(message ?? '')) return undefined;
      return { reason, words: `cannot be configured: ${message ?? reason}`, ...(message ? { message } : {}) };
    default:
      if (last?.reason !== 'ContainerCannotRun' || last.exitCode === NODE_TROUBLE_EXIT) return undefined;
      return {
        reason: last.reason,
        words: `cannot run (${deathOf(last)})`,
        ...(died ? { message: died } : {}),
        ...exit,
      };
  }
}

/** `exit code 137, OOMKilled`. */
export function deathOf(last: { exitCode?: number; reason?: string } | undefined): string {
  const exit = last?.exitCode === undefined ? 'exit code unknown' : `exit code ${last.exitCode}`;
  return last?.reason === undefined || last.reason === 'Error' ? exit : `${exit}, ${last.reason}`;
}
