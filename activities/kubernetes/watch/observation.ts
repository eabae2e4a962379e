import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient } from '../api/apiError.js';
import type { ControllerRevision, Pod, ReplicaSet, Workload } from '../model/objects.js';
import { corePath, revisionsPath, workloadsPath } from '../model/paths.js';
import { selectorQuery } from '../model/selector.js';
import { asRevisions } from '../rollout/readPods.js';
import type { Revisions } from '../rollout/ownedPods.js';
import type { Session } from '../session.js';
import { Mirror } from './mirror.js';

/** Changes come in bursts: one look at the end of a burst is enough. */
const BURST_MS = 50;

/** What is seen of one workload at one moment. */
export interface View {
  /** Missing when it does not exist. */
  workload?: Workload;
  revisions: Revisions;
  pods: Pod[];
}

/** A workload with its revisions and pods, watched. */
export class Observation {
  private readonly stop = new AbortController();
  private readonly signal: AbortSignal;
  private readonly workloads: Mirror<Workload>;
  private parts: { pods: Mirror<Pod>; revisions: Mirror<ReplicaSet | ControllerRevision> } | undefined;
  private failure: { error: unknown } | undefined;
  private wake: () => void = () => undefined;
  private dirty = true;

  constructor(private readonly session: Session) {
    const { ref, clients } = session;
    this.signal = AbortSignal.any([session.signal, this.stop.signal]);
    const query = { fieldSelector: `metadata.name=${ref.name}` };
    this.workloads = new Mirror<Workload>(clients, { path: workloadsPath(ref), query }, this.changed);
    this.start(this.workloads);
  }

  /** What is known now; undefined until everything has been listed, and while the API server is away. */
  view(): View | undefined {
    if (this.failure) throw this.failure.error;
    if (!this.workloads.connected) return undefined;
    const workload = [...this.workloads.items.values()][0];
    if (workload && !this.parts) this.startParts(workload);
    if (!workload) return { revisions: asRevisions(this.session.ref.kind, []), pods: [] };
    if (!this.parts?.pods.connected || !this.parts.revisions.connected) return undefined;
    return this.snapshot(workload);
  }

  /** Why there is no view. */
  get problem(): Error | undefined {
    return this.workloads.problem ?? this.parts?.pods.problem ?? this.parts?.revisions.problem;
  }

  /** Reads everything anew, trying for `ms`. Throws the last error when the API server stays away. */
  async refresh(ms: number): Promise<View> {
    const giveUpAt = Date.now() + ms;
    for (;;) {
      try {
        await this.workloads.list(this.signal);
        const workload = [...this.workloads.items.values()][0];
        if (!workload) return { revisions: asRevisions(this.session.ref.kind, []), pods: [] };
        const { pods, revisions } = this.parts ?? this.startParts(workload);
        await Promise.all([revisions.list(this.signal), pods.list(this.signal)]);
        return this.snapshot(workload);
      } catch (error) {
        if (this.signal.aborted || !isTransient(error) || Date.now() >= giveUpAt) throw error;
        await sleep(1_000, undefined, { signal: this.signal });
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

  private start(mirror: Mirror<Workload> | Mirror<Pod> | Mirror<ReplicaSet | ControllerRevision>): void {
    mirror.run(this.signal).catch((error: unknown) => {
      this.failure ??= { error };
      this.changed();
    });
  }

  private startParts(workload: Workload) {
    const { ref, clients } = this.session;
    const query = { labelSelector: selectorQuery(workload.spec.selector) };
    const pods = new Mirror<Pod>(clients, { path: corePath(ref.namespace, 'pods'), query }, this.changed);
    const revisions = new Mirror<ReplicaSet | ControllerRevision>(
      clients,
      { path: revisionsPath(ref), query },
      this.changed,
    );
    this.start(revisions);
    this.start(pods);
    this.parts = { pods, revisions };
    return this.parts;
  }

  private snapshot(workload: Workload): View {
    this.session.hides(workload.spec.template);
    const revisions = [...(this.parts?.revisions.items.values() ?? [])];
    return {
      workload,
      revisions: asRevisions(this.session.ref.kind, revisions),
      pods: [...(this.parts?.pods.items.values() ?? [])],
    };
  }
}
