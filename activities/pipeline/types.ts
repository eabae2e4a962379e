import type { Readable } from 'node:stream';

/** One program of a pipeline. Secrets go into `env` or into files of mode 0600, never into `args`. */
export interface Command {
  /** Name or path of the program. */
  file: string;
  args: readonly string[];
  /** Added to a minimal environment (PATH, HOME, LANG=C, TZ=UTC). */
  env?: Record<string, string>;
  cwd?: string;
  /** Run as another user, where we are root and the program refuses to be. */
  uid?: number;
  gid?: number;
  /** File that the first program reads. */
  stdin?: string;
  /** For programs that write 4 KB at a time, as the C library does by itself: larger pieces where the machine has stdbuf(1). */
  largeWrites?: true;
}

/** How one process of a pipeline ended. */
export interface CommandEnd {
  file: string;
  code: number | null;
  signal: string | null;
  /** Last lines of its standard error, redacted and bounded to 4 KB. */
  stderr: string;
}

/** A running pipeline: each program's output is the next one's input, handed over as a file descriptor. */
export interface Pipeline {
  /** Output of the last program. It never signals its end before every process has ended with 0. */
  output: Readable;
  /** Resolves when all ended with 0; rejects with the first failure in the order of the pipe. */
  ended: Promise<CommandEnd[]>;
  /** SIGTERM to the whole process group, SIGKILL after the grace time. Resolves when nothing runs any more. */
  kill(graceMs?: number): Promise<void>;
  /** CPU seconds of the children so far, where the system tells. */
  cpuSeconds(): number;
}

/** Starts programs piped child to child. `signal` kills the group. */
export type StartPipeline = (commands: readonly Command[], options: { signal: AbortSignal }) => Promise<Pipeline>;

/** Runs one program to its end; output is bounded to `maxBytes` (default 1 MiB). Rejects unless it exits with one of `okCodes` (default 0). */
export type RunCommand = (
  command: Command,
  options: { signal: AbortSignal; timeoutMs?: number; maxBytes?: number; okCodes?: readonly number[] },
) => Promise<{ stdout: string; stderr: string; code: number }>;
