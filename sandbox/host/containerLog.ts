import type { V1ContainerState, V1ContainerStatus } from '@kubernetes/client-node';
import { behaviourOf, parseImage } from '../kubernetes/image.js';

export interface LogOptions {
  tailLines: number | undefined;
  limitBytes: number | undefined;
  /** Only lines from this time on, in milliseconds since 1970; may be `-Infinity`. */
  since: number;
  timestamps: boolean;
  /** The log of the container's last but one start. */
  previous: boolean;
}

/**
 * The log that a container with this status has written, as its image's tag demands; or the kubelet's message why there
 * is none. The same status gives the same log.
 */
export function containerLog(
  pod: string,
  status: V1ContainerStatus,
  options: LogOptions,
): { text: string; error?: undefined } | { error: string } {
  const state = stateOf(status, options.previous);
  if (!state) {
    if (options.previous) return { error: `previous terminated container "${status.name}" in pod "${pod}" not found` };
    return { error: `container "${status.name}" in pod "${pod}" is waiting to start: ${reasonOf(status.state)}` };
  }
  const start = new Date(state.startedAt ?? 0).getTime();
  const lines = linesOf(status.image, 'exitCode' in state ? state.exitCode : undefined)
    .map((line, index) => ({ time: start + index * 12, line }))
    .filter(({ time }) => time >= options.since)
    .slice(options.tailLines === undefined ? 0 : -options.tailLines || Infinity)
    .map(({ time, line }) => (options.timestamps ? `${new Date(time).toISOString()} ${line}\n` : `${line}\n`));
  return { text: lines.join('').slice(0, options.limitBytes) };
}

function stateOf({ state, lastState }: V1ContainerStatus, previous: boolean) {
  if (previous) return lastState?.terminated;
  // While a container waits for its next start the kubelet still shows the log of its last one.
  return state?.running ?? state?.terminated ?? lastState?.terminated;
}

function reasonOf(state: V1ContainerState | undefined): string {
  const reason = state?.waiting?.reason ?? 'ContainerCreating';
  if (reason === 'ErrImagePull') return "image can't be pulled";
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return reason;
}

function linesOf(image: string, exitCode: number | undefined): string[] {
  const { path, tag } = parseImage(image);
  const { kind } = behaviourOf(image);
  const starting = [`level=info msg="starting" app=${path} version=${tag}`, 'level=info msg="configuration loaded"'];
  const serving = [...starting, 'level=info msg="listening" address=:8080'];
  if (kind === 'crash' || kind === 'crashfast') {
    return [
      ...starting,
      'level=error msg="cannot reach the database" host=db port=5432 error="connection refused"',
      'panic: cannot connect to database at startup',
      '',
      'goroutine 1 [running]:',
      'main.main()',
      '\t/src/main.go:42 +0x1d',
    ];
  }
  if (kind === 'oom') return [...starting, 'level=info msg="loading the index into memory"'];
  if (kind === 'dies' && exitCode !== undefined) {
    return [...serving, 'level=info msg="ready"', 'fatal: lost the connection to the message broker'];
  }
  if (kind === 'notready' || kind === 'slow') {
    return [...serving, 'level=warn msg="not ready" check=migrations error="schema version 41, want 42"'];
  }
  if (kind === 'flap') return [...serving, 'level=warn msg="not ready" check=cache error="i/o timeout"'];
  if (kind === '5xx' || kind === 'err') {
    return [...serving, 'level=info msg="ready"', 'level=error msg="request failed" status=500 error="unknown column"'];
  }
  return exitCode === 0 ? [...starting, 'level=info msg="done"'] : [...serving, 'level=info msg="ready"'];
}
