import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import pc from 'picocolors';
import { follow } from '../../follow.js';
import type { Snapshot } from '../../follow.js';
import type { RunEnd } from '../../outcome.js';
import { CliError } from '../errors.js';
import { exit, exitCodeOf } from '../exitCodes.js';
import type { Io } from '../io.js';
import { changes } from './lines.js';
import { renderTree } from './tree.js';

const frameMs = 120;
const lookMs = { tty: 500, pipe: 1_000 };

/** Something that shows snapshots as they come. */
interface Display {
  show(snapshot: Snapshot): void;
  stop(): void;
}

async function liveDisplay(): Promise<Display> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stdout);
  let latest: Snapshot | undefined;
  let frame = 0;
  const draw = (): void => {
    if (!latest) return;
    // A terminal that does not know its size says 0.
    const width = process.stdout.columns || 100;
    const height = process.stdout.rows || 40;
    update(renderTree(latest, { now: Date.now(), frame: frame++, width, height, colors: pc }));
  };
  const timer = setInterval(draw, frameMs);
  return {
    show: (snapshot) => {
      latest = snapshot;
      draw();
    },
    stop: () => {
      clearInterval(timer);
      draw();
      update.done();
    },
  };
}

function lineDisplay(io: Io): Display {
  let before: Snapshot | undefined;
  return {
    show: (snapshot) => {
      for (const line of changes(before, snapshot, Date.now())) io.out(line);
      before = snapshot;
    },
    stop: () => undefined,
  };
}

function jsonDisplay(io: Io): Display {
  let before = '';
  return {
    show: (snapshot) => {
      const line = JSON.stringify(snapshot);
      if (line !== before) io.out(line);
      before = line;
    },
    stop: () => undefined,
  };
}

/** The end of a run, for a person. */
export function endLines({ outcome, summary, report }: RunEnd, workflowId: string): string {
  const code = exitCodeOf(outcome);
  const paint = code === exit.ok ? pc.green : code === 4 || code === 3 ? pc.yellow : pc.red;
  const lines = [`${paint(outcome)}: ${summary}`];
  if (report?.reference) lines.push(pc.dim(`report: ${report.reference}`));
  lines.push(pc.dim(`details: belay report ${workflowId}`));
  return lines.join('\n');
}

/**
 * Shows a run until it ends, and returns the exit code of its outcome (`exit.running` when `timeoutMs` passed,
 * `exit.interrupted` after Ctrl+C: the run itself goes on). A server or worker that is away is waited for.
 */
export async function watchRun(
  client: Client,
  run: { workflowId: string; runId?: string },
  io: Io,
  options: { timeoutMs?: number } = {},
): Promise<{ code: number; end?: RunEnd }> {
  const stop = new AbortController();
  let interrupted = false;
  const onInterrupt = (): void => {
    interrupted = true;
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => stop.abort(), options.timeoutMs);
  const display = io.json ? jsonDisplay(io) : io.tty ? await liveDisplay() : lineDisplay(io);
  let end: RunEnd | undefined;
  try {
    const intervalMs = io.tty ? lookMs.tty : lookMs.pipe;
    for await (const snapshot of follow(client, run, { intervalMs, signal: stop.signal })) {
      display.show(snapshot);
      end = snapshot.end;
    }
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new CliError(
      `There is no run ${run.workflowId} in namespace ${client.options.namespace}. See: belay report --list`,
    );
  } finally {
    display.stop();
    clearTimeout(timer);
    process.off('SIGINT', onInterrupt);
  }
  if (end) {
    if (!io.json) io.out(endLines(end, run.workflowId));
    return { code: exitCodeOf(end.outcome), end };
  }
  io.note(
    `The run goes on. To see it again: belay watch ${run.workflowId}   To stop it: belay abort ${run.workflowId} --reason …`,
  );
  return { code: interrupted ? exit.interrupted : exit.running };
}
