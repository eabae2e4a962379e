import { ApiError } from '../../api/apiError.js';
import type { ContainerStatus, Pod } from '../../model/objects.js';
import { corePath } from '../../model/paths.js';
import type { Cluster } from '../place.js';

/** One log of one container. `previous`: of its life before the last restart. */
export interface LogRef {
  pod: string;
  node: string;
  container: string;
  previous: boolean;
  /** Name of the file that keeps it. */
  file: string;
}

export const LOG_LINES = 200;
export const LOG_BYTES = 64 * 1024;
/** The server cuts at the end, where the newest lines are; so it may send more, and the front is cut here. */
const ASKED_BYTES = 1024 * 1024;
/** When even these many lines are too many bytes. */
const FEW_LINES = 10;
const CALL_MS = 5_000;

interface StatusWithEphemeral {
  ephemeralContainerStatuses?: ContainerStatus[];
}

/** The logs that a pod must have by its status: a container that never started has none. Pure. */
export function logsOf(pod: Pod): LogRef[] {
  const status: (Pod['status'] & StatusWithEphemeral) | undefined = pod.status;
  const all = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.flatMap(({ name, state, lastState, restartCount = 0 }) => {
    const base = { pod: pod.metadata.name, node: pod.spec.nodeName ?? '', container: name };
    const file = `logs/${pod.metadata.name}/${name}`;
    const crashed = lastState?.terminated !== undefined;
    return [
      ...(state?.running || state?.terminated || crashed ? [{ ...base, previous: false, file: `${file}.log` }] : []),
      // Between two lives the kubelet shows the last one as the present one.
      ...(restartCount > 0 && crashed && !state?.waiting
        ? [{ ...base, previous: true, file: `${file}.previous.log` }]
        : []),
    ];
  });
}

/**
 * The last lines of a log, with times, made safe by `hide`, at most {@link LOG_BYTES}. Undefined when the node has it no longer.
 * Throws `ApiError`.
 */
export async function readLog(
  cluster: Cluster,
  log: LogRef,
  hide: (text: string) => string,
): Promise<string | undefined> {
  try {
    for (const tailLines of [LOG_LINES, FEW_LINES]) {
      const text = await ask(cluster, log, tailLines);
      const whole = Buffer.byteLength(text) < ASKED_BYTES;
      // Hidden before it is cut: half a secret would not be recognised. The half line at the server's cut goes for the same reason.
      if (whole || tailLines === FEW_LINES)
        return newest(hide(whole ? text : text.slice(0, text.lastIndexOf('\n') + 1)));
    }
  } catch (error) {
    if (error instanceof ApiError && isGone(error)) return undefined;
    throw error;
  }
  return undefined;
}

const ask = (cluster: Cluster, { pod, container, previous }: LogRef, tailLines: number): Promise<string> =>
  cluster.clients.text({
    path: `${corePath(cluster.place.namespace, 'pods', pod)}/log`,
    query: { container, tailLines, limitBytes: ASKED_BYTES, timestamps: true, ...(previous ? { previous } : {}) },
    timeoutMs: CALL_MS,
    signal: cluster.signal,
  });

/** The kubelet's words for a log that is not there, which is no trouble. */
const isGone = (error: ApiError): boolean =>
  error.status === 400 && /waiting to start|previous terminated container|not found/.test(error.message);

function newest(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LOG_BYTES) return text;
  const tail = bytes.subarray(bytes.length - LOG_BYTES).toString();
  // Whole lines, where there are such: the first one is cut anywhere, even within a character.
  const line = tail.indexOf('\n') + 1;
  return line > 0 && line < tail.length ? tail.slice(line) : tail.replace(/^\uFFFD+/, '');
}
