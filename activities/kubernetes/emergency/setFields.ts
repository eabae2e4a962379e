import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeating } from '../../temporal/heartbeat.js';
import { ApiError, isStatus, isTransient } from '../api/apiError.js';
import type { KubeObject } from '../model/objects.js';
import { inParallel } from '../objects/api.js';
import type { Marking } from './fieldPatch.js';
import { type Cluster, keyOf } from './place.js';
import { listPath } from './resources.js';
import { refusal, setField, type Task } from './setField.js';
import type { Change, EmergencyActivities, FieldChange } from './types.js';

/** Enough to keep the API server busy; its fair queueing has no use for more. */
export const AT_ONCE = 12;
/** From so many objects of one kind on, one list is cheaper than reading each. */
const LIST_FROM = 3;
/** Objects whose calls fail in passing are tried again for this long. */
const PATIENCE_MS = 10_000;
/** A restarted API server refuses everything until it has read the roles. */
const FORBIDDEN_GRACE_MS = 5_000;
const PAUSE_MS = 300;
const MAX_PAUSE_MS = 5_000;
const PROBE_MS = 3_000;
const NOT_TRIED = new Error('the API server is so slow that this object was not reached in time');

type Input = Parameters<EmergencyActivities['setFields']>[0];

/**
 * {@link EmergencyActivities.setFields}. Results in the order of the changes. Throws only when the API server is away, at the start or in
 * the middle: a repeat finds what has been done, and does the rest. A server that refuses single objects is no reason to throw.
 */
export function setFields(cluster: Cluster, input: Input): Promise<Change[]> {
  const passage = new Passage(cluster, input);
  return heartbeating(
    () => passage.run(),
    () => ({ text: passage.text }),
  );
}

class Passage {
  private readonly tasks: Task[];
  private readonly done = new Map<Task, Change>();
  /** Something was let through: whatever else is forbidden, is. */
  private admitted = false;

  constructor(
    private readonly cluster: Cluster,
    input: Input,
  ) {
    this.tasks = input.changes.map((change) => ({ change, marking: markingOf(cluster, change, input) }));
  }

  get text(): string {
    return `${this.done.size} of ${this.tasks.length} objects done`;
  }

  async run(): Promise<Change[]> {
    const startedAt = Date.now();
    await this.readAll();
    for (let open = this.tasks; open.length > 0;) {
      const patient = Date.now() - startedAt < PATIENCE_MS;
      const errors = await this.pass(open, Date.now() - startedAt < FORBIDDEN_GRACE_MS);
      open = open.filter((task) => !this.done.has(task));
      if (open.length === 0) break;
      await this.probe();
      if (!patient) {
        for (const task of open) this.done.set(task, refusal(this.cluster, task, errors.get(task) ?? NOT_TRIED));
        break;
      }
      const asked = Math.max(0, ...[...errors.values()].map((error) => error.retryAfterMs ?? 0));
      await sleep(Math.min(Math.max(PAUSE_MS, asked), MAX_PAUSE_MS), undefined, { signal: this.cluster.signal });
      // One that hangs shall not hold up the others again.
      open = open.toSorted((a, b) => Number(errors.has(a)) - Number(errors.has(b)));
    }
    return this.tasks.flatMap((task) => this.done.get(task) ?? []);
  }

  /** Throws when the server itself is away. */
  private async probe(): Promise<void> {
    try {
      await this.cluster.call({ path: '/version', timeoutMs: PROBE_MS });
    } catch (error) {
      if (this.cluster.signal.aborted || isTransient(error) || !(error instanceof ApiError)) throw error;
    }
  }

  /** One list for each kind that comes often. What a list does not tell is read, or found missing, one by one. */
  private async readAll(): Promise<void> {
    const paths = new Map<string, Task[]>();
    for (const task of this.tasks) {
      const { kind, namespace } = task.change.ref;
      const path = listPath(kind, namespace);
      paths.set(path, [...(paths.get(path) ?? []), task]);
    }
    const often = [...paths].filter(([, tasks]) => tasks.length >= LIST_FROM);
    await inParallel(often, AT_ONCE, async ([path, tasks]) => {
      const found = new Map((await this.list(path)).map((object) => [object.metadata.uid, object]));
      for (const task of tasks) {
        const live = found.get(task.change.ref.uid);
        if (live) task.live = live;
      }
    });
  }

  private async list(path: string): Promise<KubeObject[]> {
    try {
      const items = await this.cluster.list<KubeObject>(path);
      this.admitted = true;
      return items;
    } catch (error) {
      if (this.cluster.signal.aborted || !(error instanceof ApiError)) throw error;
      return [];
    }
  }

  /** Tries each once; gives what failed in passing. Stops asking a server that answers nobody. */
  private async pass(open: Task[], early: boolean): Promise<Map<Task, ApiError>> {
    const errors = new Map<Task, ApiError>();
    let silent = 0;
    await inParallel(open, AT_ONCE, async (task) => {
      if (silent >= AT_ONCE) return;
      try {
        this.done.set(task, await setField(this.cluster, task));
        this.admitted = true;
      } catch (error) {
        if (this.cluster.signal.aborted || !(error instanceof ApiError)) throw error;
        const mayPass = isTransient(error) || (isStatus(error, 403) && early && !this.admitted);
        if (mayPass) errors.set(task, error);
        else this.done.set(task, refusal(this.cluster, task, error));
        if (error.status === 0) silent++;
      }
    });
    return errors;
  }
}

/** The mark of one object. Pure. */
function markingOf({ place }: Cluster, { ref }: FieldChange, { mark, unmark, run }: Input): Marking {
  const was = mark?.was[keyOf(place, ref)];
  return {
    run,
    ...(mark ? { mark: { snapshot: mark.snapshot, ...(was ? { was } : {}) } } : {}),
    ...(unmark === undefined ? {} : { unmark }),
  };
}
