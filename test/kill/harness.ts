import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { startWorker, type WorkerProcess } from '../scenarios/workerProcess.js';
import { type KillPoint, type Mutations, pointName, pointsOf } from './points.js';
import { type EffectLog, reach } from './trigger.js';

/** What the worker of a row of runs is given. */
export interface Stage {
  queue: string;
  /** Environment of the worker process. */
  env: Record<string, string>;
  /** For its log; removed by `dispose`. */
  folder: string;
  dispose(): Promise<void>;
}

/** What one run works on; each run gets its own. */
export interface Env {
  /** Part of the workflow's id. */
  name: string;
  dispose(): Promise<void>;
}

/** A procedure under the kill test. `endState` and `effects` must come out equal however often the worker died. */
export interface KillTest<S extends Stage, E extends Env> {
  runbook: string;
  stage(): Promise<S>;
  prepare(stage: S): Promise<E>;
  input(env: E): object;
  /** Starts the run where a plain start is not what begins it; gives the id of the run. */
  begin?(env: E, options: { workflowId: string; taskQueue: string; workflowTaskTimeout: '2s' }): Promise<string>;
  /** What people do while it goes, whatever becomes of the worker; given up when the run ends. */
  people?(env: E, handle: WorkflowHandle, signal: AbortSignal): Promise<void>;
  /** The world after the run, without anything that differs between two undisturbed runs. */
  endState(env: E, handle: WorkflowHandle): Promise<unknown>;
  /** Counts of what was done to the world: the second time is visible here. */
  effects(env: E, workflowId: string): Promise<unknown>;
  /** Calls `seen` whenever the world shows an effect; returns how to stop. */
  watchEffects(env: E, seen: (effect: string) => void): Promise<() => void>;
  mutations: Mutations;
}

export interface KillOptions {
  client: Client;
  /** Every n-th event that is no boundary of a mutation; 1 for all. */
  every: number;
  /** After this time no further event is begun that is no boundary of a mutation; the report counts what was left out. */
  budgetMs?: number;
  /** Disturbed runs side by side. */
  atOnce: number;
  progress?: (line: string) => void;
}

/** One disturbed run. */
export interface Disturbed {
  point: string;
  /** Last event that was seen when the worker was killed; 0 when the run had ended before it came to the point. */
  killedAt: number;
  tookMs: number;
  outcome: string;
  /** What differs from the undisturbed run. */
  problems: string[];
}

export interface KillReport {
  runbook: string;
  outcome: string;
  events: number;
  undisturbedMs: number;
  runs: Disturbed[];
  /** Kill points that the time did not suffice for. */
  leftOut: number;
}

/** A run that has not ended by then never will. */
const END_MS = 150_000;
/** For people to hear of the end. */
const GRACE_MS = 20_000;

/** Runs once undisturbed, then once per kill point. Throws only when the undisturbed run cannot be made. */
export async function killTest<S extends Stage, E extends Env>(
  test: KillTest<S, E>,
  options: KillOptions,
): Promise<KillReport> {
  const { client, every, atOnce, progress, budgetMs = Infinity } = options;
  const model = await onStage(test, (stage) => play(test, client, stage, undefined));
  const points = pointsOf(model.events, model.seen, { mutations: test.mutations, every });
  progress?.(`${test.runbook}: ${model.outcome}, ${model.events.length} events, ${points.length} kill points`);
  const queue = [...points];
  const runs: Disturbed[] = [];
  const end = Date.now() + budgetMs;
  let leftOut = 0;
  const row = (): Promise<void> =>
    onStage(test, async (stage) => {
      for (let point = queue.shift(); point; point = queue.shift()) {
        if (point.at === 'event' && Date.now() > end) {
          leftOut += 1;
          continue;
        }
        const run = await disturb(test, client, stage, point, model);
        runs.push(run);
        progress?.(`${runs.length}/${points.length} ${line(run)}`);
      }
    });
  await Promise.all(Array.from({ length: Math.min(atOnce, points.length) }, row));
  return {
    runbook: test.runbook,
    outcome: model.outcome,
    events: model.events.length,
    undisturbedMs: model.tookMs,
    runs,
    leftOut,
  };
}

/** A stage and the worker that stands on it now. */
interface Manned<S extends Stage> {
  stage: S;
  worker: WorkerProcess;
  /** SIGKILL, and another one at once. */
  replaceWorker(): Promise<void>;
}

/** A row of runs on one queue: the worker that takes over from a killed one is the next run's to lose. */
async function onStage<S extends Stage, E extends Env, T>(
  test: KillTest<S, E>,
  body: (stage: Manned<S>) => Promise<T>,
): Promise<T> {
  const stage = await test.stage();
  const start = () => startWorker(stage.env, join(stage.folder, 'worker.log'));
  try {
    const manned: Manned<S> = {
      stage,
      worker: await start(),
      async replaceWorker() {
        await manned.worker.kill();
        manned.worker = await start();
      },
    };
    try {
      return await body(manned);
    } finally {
      await manned.worker.kill();
    }
  } finally {
    await stage.dispose();
  }
}

const line = (run: Disturbed): string =>
  `${run.point} (at event ${run.killedAt}): ${run.outcome} in ${(run.tookMs / 1_000).toFixed(1)} s${run.problems.map((one) => `\n    ${one}`).join('')}`;

async function disturb<S extends Stage, E extends Env>(
  test: KillTest<S, E>,
  client: Client,
  stage: Manned<S>,
  point: KillPoint,
  model: Played,
): Promise<Disturbed> {
  const started = Date.now();
  try {
    const run = await play(test, client, stage, point);
    const { killedAt, tookMs, outcome } = run;
    return { point: pointName(point), killedAt, tookMs, outcome, problems: differences(model, run) };
  } catch (error) {
    const problems = [error instanceof Error ? error.message : String(error)];
    return { point: pointName(point), killedAt: 0, tookMs: Date.now() - started, outcome: 'not ended', problems };
  }
}

function differences(model: Played, run: Played): string[] {
  const compare = (what: string, expected: unknown, found: unknown): string[] =>
    isDeepStrictEqual(expected, found)
      ? []
      : [`${what} is ${JSON.stringify(found)}, undisturbed it is ${JSON.stringify(expected)}`];
  return [
    ...compare('outcome', model.outcome, run.outcome),
    ...compare('end state', model.endState, run.endState),
    ...compare('effects', model.effects, run.effects),
  ];
}

type Played = Awaited<ReturnType<typeof play>>;

/** One run in a world of its own; with a point, the worker is killed there and another one started at once. */
async function play<S extends Stage, E extends Env>(
  test: KillTest<S, E>,
  client: Client,
  stage: Manned<S>,
  point: KillPoint | undefined,
) {
  const env = await test.prepare(stage.stage);
  const effects: EffectLog = { seen: [], onEffect: undefined };
  const stopWatching = await test.watchEffects(env, (effect) => {
    effects.seen.push(effect);
    effects.onEffect?.();
  });
  const over = new AbortController();
  let people: Promise<unknown> | undefined;
  try {
    const began = Date.now();
    const workflowId = `${test.runbook}/${env.name}/${randomUUID()}`;
    // A task that died with its worker is given to the next one after this time instead of 10 s.
    const options = { workflowId, taskQueue: stage.stage.queue, workflowTaskTimeout: '2s' } as const;
    const runId = await (test.begin?.(env, options) ??
      client.workflow
        .start(test.runbook, { ...options, args: [test.input(env)] })
        .then(({ firstExecutionRunId }) => firstExecutionRunId));
    const handle = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: runId });
    people = test.people?.(env, handle, over.signal).catch((error: unknown) => error);
    let killedAt = 0;
    if (point) {
      const reached = await reach(client, { workflowId, runId }, point, effects);
      if (reached.passed) {
        killedAt = reached.event;
        await stage.replaceWorker();
      }
    }
    const outcome = await ending(handle);
    const tookMs = Date.now() - began;
    // What people were told at the end may still be on its way; who waits for more than that waits in vain.
    const inVain = setTimeout(() => over.abort(), GRACE_MS);
    const trouble = await people;
    clearTimeout(inVain);
    if (trouble instanceof Error) throw trouble;
    const { events } = await handle.fetchHistory();
    return {
      outcome,
      tookMs,
      killedAt,
      events: events ?? [],
      seen: [...effects.seen],
      endState: await test.endState(env, handle),
      effects: await test.effects(env, workflowId),
    };
  } finally {
    over.abort();
    stopWatching();
    await env.dispose();
  }
}

/** `succeeded`, or the type of the failure. */
async function ending(handle: WorkflowHandle): Promise<string> {
  let late: NodeJS.Timeout | undefined;
  try {
    const timeout = new Promise<never>((_resolve, reject) => {
      late = setTimeout(() => reject(new Error(`the run did not end within ${END_MS / 1_000} s`)), END_MS);
    });
    await Promise.race([handle.result(), timeout]);
    return 'succeeded';
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) {
      await handle.terminate('kill test gave up').catch(() => undefined);
      throw error;
    }
    return error.cause instanceof ApplicationFailure ? (error.cause.type ?? 'untyped') : String(error.cause);
  } finally {
    clearTimeout(late);
  }
}
