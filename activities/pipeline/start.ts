import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { backupError } from '../backup/errors.js';
import { culprit, failureOf } from './failure.js';
import { gate } from './gate.js';
import { findProgram } from './programs.js';
import { endStages, openInput, spawnStage, type Stage } from './stage.js';
import type { Command, CommandEnd, Pipeline, StartPipeline } from './types.js';

const GRACE_MS = 5_000;
/** How long the other programs have to end by themselves after one has failed. */
const AFTER_FAILURE_MS = 250;
const CPU_SAMPLE_MS = 250;

/** Pieces in which output is written that asks for it; zstd reads as much at a time. */
const OUTPUT_BUFFER = '128K';

interface Program {
  file: string;
  command: Command;
  /** What starts it in its place; ends in the same process. */
  through: string[];
}

/** stdbuf(1), where this machine has it: nothing but speed depends on it. */
async function throughOf({ largeWrites }: Command): Promise<string[]> {
  if (!largeWrites) return [];
  const stdbuf = await findProgram('stdbuf').catch(() => undefined);
  return stdbuf === undefined ? [] : [stdbuf, `--output=${OUTPUT_BUFFER}`];
}

async function spawnAll(programs: readonly Program[], input: FileHandle | undefined): Promise<Stage[]> {
  const stages: Stage[] = [];
  try {
    for (const { file, command, through } of programs) {
      stages.push(await spawnStage({ file, through }, command, stages.at(-1)?.output ?? input?.fd ?? 'ignore'));
    }
    return stages;
  } catch (error) {
    await endStages(stages, 0);
    throw error;
  }
}

/**
 * Starts programs piped child to child; only the last one's output passes through this process. See `Pipeline`. Throws
 * `MissingProgram` before anything is started, and the signal's reason when it is aborted already. Failures: `ProducerFailed`,
 * `DiskFull`; their first detail is how every program ended (`endsOf`).
 */
export const startPipeline: StartPipeline = async (commands, { signal }) => {
  const programs: Program[] = [];
  for (const command of commands) {
    programs.push({ file: await findProgram(command.file), command, through: await throughOf(command) });
  }
  const [first] = commands;
  if (first === undefined) throw backupError('Unsupported', 'A pipeline needs at least one program.');
  const input = await openInput(first);
  try {
    signal.throwIfAborted();
    const stages = await spawnAll(programs, input);
    // Before anything is awaited: Node lets the output of a child that has exited run off when nobody listens to it yet.
    return supervise(stages, signal);
  } finally {
    await input?.close();
  }
};

function supervise(stages: readonly Stage[], signal: AbortSignal): Pipeline {
  const names = stages.map((stage) => basename(stage.file)).join(' | ');
  let stopped: { reason: unknown } | undefined;
  let ending: Promise<void> | undefined;
  const stop = (reason: unknown, graceMs: number): Promise<void> => {
    stopped ??= { reason };
    return (ending ??= endStages(stages, graceMs));
  };
  const cpuSeconds = (): number => stages.reduce((sum, stage) => sum + stage.cpuSeconds(), 0);
  // The system forgets a process's times when it is waited for.
  const sampling = setInterval(cpuSeconds, CPU_SAMPLE_MS);
  sampling.unref();

  const abort = (): void => void stop(signal.reason, GRACE_MS);
  const ended = finish(stages, () => stopped?.reason).finally(() => {
    clearInterval(sampling);
    signal.removeEventListener('abort', abort);
  });
  // Whoever reads `output` gets the same failure; not everybody looks at both.
  ended.catch(() => undefined);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();

  const last = stages.at(-1);
  if (last === undefined) throw new Error('no stage');
  const output = gate(last.output, ended, (error) => {
    cpuSeconds();
    void stop(
      error ?? backupError('ProducerFailed', `Nobody reads the output of ${names} any more; it was ended.`),
      1_000,
    );
  });
  return {
    output,
    ended,
    cpuSeconds,
    async kill(graceMs = GRACE_MS) {
      await stop(backupError('ProducerFailed', `${names} was ended on request.`), graceMs);
      await ended.catch(() => undefined);
    },
  };
}

/** Waits for every program. After a failure the others are ended: they may wait for something that never comes. */
async function finish(stages: readonly Stage[], reason: () => unknown): Promise<CommandEnd[]> {
  // How those ended that ended by themselves; the ends that we bring about say nothing about the cause.
  const own = new Set<CommandEnd>();
  let timer: NodeJS.Timeout | undefined;
  let ending = false;
  for (const stage of stages) {
    void stage.ended.then((end) => {
      if (!ending) own.add(end);
      if (culprit([end]) === undefined) return;
      timer ??= setTimeout(() => {
        ending = true;
        void endStages(stages, 1_000);
      }, AFTER_FAILURE_MS);
    });
  }
  const ends = await Promise.all(stages.map((stage) => stage.ended));
  clearTimeout(timer);
  if (reason() !== undefined) throw reason();
  const bad = culprit(ends.filter((end) => own.has(end)));
  if (bad === undefined) return ends;
  // Groups may outlive their leaders.
  await endStages(stages, 0);
  throw failureOf(bad, ends);
}
