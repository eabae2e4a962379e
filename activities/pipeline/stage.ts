import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../backup/errors.js';
import { forgetGroup, watchGroup } from './guard.js';
import { programFolders } from './programs.js';
import { stderrTail } from './tail.js';
import type { Command, CommandEnd } from './types.js';

/** After its exit a program's last words are still on the way; a grandchild may hold the pipe open for ever. */
const LAST_WORDS_MS = 500;
/** A process that SIGKILL does not end hangs in the kernel; nothing more can be done about it. */
const UNKILLABLE_MS = 10_000;
const CLOCK_TICKS = 100;

/** One running program of a pipe, the leader of a process group of its own. */
export interface Stage {
  file: string;
  output: Readable;
  /** Never rejects. */
  ended: Promise<CommandEnd>;
  running(): boolean;
  /** To the whole group, whose leader may be gone already. */
  signal(name: NodeJS.Signals): void;
  cpuSeconds(): number;
}

/** What a program sees of the worker's environment: nothing but where to find programs. Secrets come in `command.env`. */
function environment(command: Command): Record<string, string> {
  const home = command.uid === undefined ? (process.env['HOME'] ?? tmpdir()) : (command.cwd ?? tmpdir());
  return { PATH: programFolders().join(delimiter), HOME: home, LANG: 'C', TZ: 'UTC', ...command.env };
}

/** CPU seconds of a process and of those of its children that it has waited for; undefined where there is no /proc. */
function cpuOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold anything; utime, stime, cutime and cstime are the fields 14 to 17 of proc(5).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / CLOCK_TICKS;
  } catch {
    return undefined;
  }
}

/** Opens the file that a command reads. Throws `NotFound` or `Forbidden`. */
export async function openInput(command: Command): Promise<FileHandle | undefined> {
  if (command.cwd !== undefined && !(await stat(command.cwd).catch(() => undefined))?.isDirectory()) {
    throw backupError('NotFound', `${command.cwd}, the folder that ${command.file} is to run in, does not exist.`);
  }
  if (command.stdin === undefined) return undefined;
  return open(command.stdin, 'r').catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    const why = missing ? 'does not exist' : `cannot be read (${error.code})`;
    throw backupError(missing ? 'NotFound' : 'Forbidden', `${command.stdin}, the input of ${command.file}, ${why}.`);
  });
}

function spawnFailure(file: string, error: NodeJS.ErrnoException): Error {
  const { code = 'unknown' } = error;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOEXEC') {
    const message = `${file} cannot be run here (${code}); install a build for this system that the worker's user may execute.`;
    return backupError('MissingProgram', message);
  }
  if (code === 'EPERM') {
    return backupError('Forbidden', `The worker may not start ${file} as another user; run the worker as that user.`);
  }
  return backupError(
    'ProducerFailed',
    `${file} could not be started (${code}); look for limits on processes and memory.`,
  );
}

/**
 * Starts a program with `input` as its standard input. A stream of another child is handed over as a file descriptor, and this
 * process closes its own copy: the end of the one is the end of input of the other, and a reader that goes breaks the pipe.
 * Throws a typed error when it cannot be started. Nothing is awaited when it can: this process would begin to read what belongs to the next program.
 */
export async function spawnStage(
  { file, through = [] }: { file: string; through?: readonly string[] },
  command: Command,
  input: Readable | number | 'ignore',
): Promise<Stage> {
  let child: ChildProcess;
  const [first = file, ...args] = [...through, file, ...command.args];
  try {
    child = spawn(first, args, {
      env: environment(command),
      detached: true,
      stdio: [input, 'pipe', 'pipe'],
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      ...(command.uid === undefined ? {} : { uid: command.uid }),
      ...(command.gid === undefined ? {} : { gid: command.gid }),
    });
  } catch (error) {
    throw spawnFailure(file, error as NodeJS.ErrnoException);
  } finally {
    if (typeof input === 'object') input.destroy();
  }
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) {
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => child.once('error', resolve));
    throw spawnFailure(file, error);
  }
  return watched(file, { pid, child, stdout, stderr });
}

function watched(
  file: string,
  running: { pid: number; child: ChildProcess; stdout: Readable; stderr: Readable },
): Stage {
  const { pid, child, stdout, stderr } = running;
  watchGroup(pid);
  const words = stderrTail(stderr);
  // A later failure to signal it is no reason to end the worker.
  child.on('error', () => undefined);
  let cpu = 0;
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      forgetGroup(pid);
      const end = (): void => resolve({ file, code, signal, stderr: words() });
      if (stderr.closed) return end();
      const late = setTimeout(end, LAST_WORDS_MS);
      stderr.once('close', () => {
        clearTimeout(late);
        end();
      });
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    file,
    output: stdout,
    ended,
    running: isRunning,
    signal: (name) => {
      try {
        process.kill(-pid, name);
      } catch {
        // Nothing of the group is left.
      }
    },
    cpuSeconds: () => (cpu = Math.max(cpu, isRunning() ? (cpuOf(pid) ?? 0) : 0)),
  };
}

/** Ends the groups of all stages: SIGTERM, after `graceMs` SIGKILL. Resolves when all have ended. */
export async function endStages(stages: readonly Stage[], graceMs: number): Promise<void> {
  const all = Promise.all(stages.map((stage) => stage.ended));
  if (stages.some((stage) => stage.running())) {
    for (const stage of stages) stage.signal('SIGTERM');
    await within(all, graceMs);
  }
  // Also for groups whose leader has gone: it may have left children.
  for (const stage of stages) stage.signal('SIGKILL');
  await within(all, UNKILLABLE_MS);
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const stop = new AbortController();
  await Promise.race([work, sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)]);
  stop.abort();
}
