import type { SystemInput } from '../../systems/schema.js';
import type { Queue, Running } from '../workflows/harness.js';
import { describeSystem, World } from '../workflows/world.js';

/** One way in which a run can go, to be recorded as `test/histories/<name>.json`. */
export interface Course {
  name: string;
  /** How it ends: `succeeded`, `planned`, a failure type, or `released` for a lock. */
  ends: string;
  /** Plays the course and returns the id of the workflow whose history is kept. */
  play: (queue: Queue, world: World) => Promise<string>;
  world: () => World;
}

export const person = { actor: 'bob', reason: 'recorded' };
export const change = (workload: string, image: string) => ({ workload, image });
export const system = (name: string, workloads: string[], more: Partial<SystemInput> = {}) =>
  new World(describeSystem(`replay-${name}`, workloads, more));

/** Waits for the end, good or bad; what it was is checked from the recorded history. */
export const ended = async (run: Running): Promise<string> => {
  await run.handle.result().catch(() => undefined);
  return run.handle.workflowId;
};

/** A course of one run: `steer` acts while it goes. */
export function course(
  name: string,
  ends: string,
  world: () => World,
  runbook: string,
  input: object,
  steer: (run: Running, world: World) => Promise<unknown> = async () => undefined,
): Course {
  return {
    name,
    ends,
    world,
    play: async (queue, one) => {
      const run = await queue.start(runbook, input);
      await steer(run, one);
      return ended(run);
    },
  };
}

export const until = (run: Running, phase: string) => run.until(phase, (status) => status.phase === phase);
export const watching = (run: Running) =>
  run.until('watching', (status) => status.steps.some((step) => step.name === 'Watch the rollout'));
/** The watch of a new image lasts long enough to act in it. */
export const slowWatch = (one: World): World => {
  one.onWatch = async (_workload, image) => {
    if (image === 'app:2') await new Promise((resolve) => setTimeout(resolve, 2_000));
  };
  return one;
};
export const update = { changes: [change('a', 'app:2')] };
export const bad = { changes: [change('a', 'app:2-bad')] };
export const gated = {
  prometheus: { url: 'http://prometheus.test' },
  workloads: [
    {
      name: 'a',
      tier: 'app',
      container: 'app',
      gates: [
        { name: 'errors', query: 'q', max: 0.01, windowSeconds: 5, intervalSeconds: 1, count: 2, noVerdictLimit: 0 },
      ],
    },
  ],
};
export const checked = {
  endpoints: { api: 'http://api.test' },
  smoke: [{ name: 'smoke', endpoint: 'api' }],
};
export const shortApproval = {
  policies: { rollingUpdate: { bakeSeconds: 0, approval: { required: true, expiresAfterSeconds: 10 } } },
};

/** Plays an update that a second run meets or follows. */
export const after = async (queue: Queue, input: object): Promise<void> => {
  await ended(await queue.start('rollingUpdate', input));
};
