import { setTimeout as sleep } from 'node:timers/promises';
import { isStatus, isTransient } from '../api/apiError.js';
import type { KubeObject, Pod, ReplicaSet, Workload } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import type { WorkloadKind } from '../types.js';
import { Mirror } from '../watch/mirror.js';
import type { Cluster } from './place.js';
import { groupPath, listPath } from './resources.js';

/** Changes come in bursts: one look at the end of a burst is enough. */
const BURST_MS = 50;
const RETRY_MS = 1_000;

/** The workloads and pods of a namespace at one moment. */
export interface SystemView {
  /** By UID. */
  workloads: Map<string, Workload>;
  replicaSets: ReplicaSet[];
  pods: Pod[];
  /** Kinds that may not be listed: nothing of them is in `workloads`. */
  unseen: ReadonlySet<WorkloadKind>;
}

/**
 * All pods of a namespace, watched at once, with their ReplicaSets and the workloads of the kinds that matter. Only the pods must be
 * readable; a kind that may not be listed stays unseen.
 */
export class SystemWatch {
  private readonly stop = new AbortController();
  private readonly signal: AbortSignal;
  private readonly pods: Mirror<Pod>;
  private readonly replicaSets: Mirror<ReplicaSet> | undefined;
  private readonly workloads = new Map<WorkloadKind, Mirror<Workload>>();
  private failure: { error: unknown } | undefined;
  private wake: () => void = () => undefined;
  private dirty = true;

  constructor({ place: { namespace }, clients, signal }: Cluster, kinds: Iterable<WorkloadKind>) {
    this.signal = AbortSignal.any([signal, this.stop.signal]);
    const mirror = <T extends KubeObject>(path: string) => new Mirror<T>(clients, { path }, this.changed);
    this.pods = mirror<Pod>(corePath(namespace, 'pods'));
    for (const kind of new Set(kinds)) this.workloads.set(kind, mirror<Workload>(listPath(kind, namespace)));
    if (this.workloads.has('Deployment'))
      this.replicaSets = mirror<ReplicaSet>(groupPath('apps/v1', namespace, 'replicasets'));
    this.start(this.pods, false);
    for (const one of this.optional()) this.start(one, true);
  }

  /** What is known now; undefined until everything has been listed, and while the API server is away. */
  view(): SystemView | undefined {
    if (this.failure) throw this.failure.error;
    if (!this.pods.connected || this.optional().some((one) => !one.connected && !isUnseen(one))) return undefined;
    return this.snapshot();
  }

  /** Why there is no view. */
  get problem(): Error | undefined {
    return this.pods.problem ?? this.optional().find((one) => one.problem && !isUnseen(one))?.problem;
  }

  /** Reads everything anew, trying for `ms`. Throws the last error when the API server stays away. */
  async refresh(ms: number): Promise<SystemView> {
    const giveUpAt = Date.now() + ms;
    for (;;) {
      try {
        await Promise.all([this.pods.list(this.signal), ...this.optional().map((one) => this.listIfAllowed(one))]);
        return this.snapshot();
      } catch (error) {
        if (this.signal.aborted || !isTransient(error) || Date.now() >= giveUpAt) throw error;
        await sleep(RETRY_MS, undefined, { signal: this.signal });
      }
    }
  }

  /** Resolves at the next change, or after `ms`. Rejects when cancelled. */
  async next(ms: number): Promise<void> {
    if (!this.dirty) {
      const timer = new AbortController();
      const signal = AbortSignal.any([this.signal, timer.signal]);
      const changed = new Promise<void>((resolve) => (this.wake = resolve));
      const slept = sleep(ms, undefined, { signal }).catch(() => undefined);
      await Promise.race([changed, slept]);
      timer.abort();
    }
    this.signal.throwIfAborted();
    await sleep(BURST_MS, undefined, { signal: this.signal });
    this.dirty = false;
  }

  close(): void {
    this.stop.abort();
  }

  private readonly changed = (): void => {
    this.dirty = true;
    this.wake();
  };

  private optional(): (Mirror<Workload> | Mirror<ReplicaSet>)[] {
    return [...this.workloads.values(), ...(this.replicaSets ? [this.replicaSets] : [])];
  }

  private start(mirror: Mirror<Pod> | Mirror<Workload> | Mirror<ReplicaSet>, optional: boolean): void {
    mirror.run(this.signal).catch((error: unknown) => {
      if (!(optional && isStatus(error, 403))) this.failure ??= { error };
      this.changed();
    });
  }

  private async listIfAllowed(mirror: Mirror<Workload> | Mirror<ReplicaSet>): Promise<void> {
    try {
      await mirror.list(this.signal);
    } catch (error) {
      if (!isStatus(error, 403) || isTransient(error)) throw error;
      mirror.items.clear();
    }
  }

  private snapshot(): SystemView {
    const kinds = [...this.workloads];
    return {
      workloads: new Map(kinds.flatMap(([, mirror]) => [...mirror.items])),
      replicaSets: [...(this.replicaSets?.items.values() ?? [])],
      pods: [...this.pods.items.values()],
      unseen: new Set(kinds.filter(([, mirror]) => isUnseen(mirror)).map(([kind]) => kind)),
    };
  }
}

/** Its watch was refused, and has not been let through since. */
const isUnseen = (mirror: Mirror<Workload> | Mirror<ReplicaSet>): boolean =>
  !mirror.connected && isStatus(mirror.problem, 403);
