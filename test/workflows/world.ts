import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type {
  RolloutVerdict,
  SavedState,
  WorkloadFacts,
  WorkloadRef,
  WriteIdentity,
} from '../../activities/kubernetes/types.js';
import type { Activities, CheckResult, ImageResolution, Measurement, Notification } from '../../activities/types.js';
import { type System, type SystemInput, systemSchema } from '../../systems/schema.js';

/** State of one workload of the pretended cluster. The template is just its image. */
interface Pretended {
  uid: string;
  image: string;
  generation: number;
  paused: boolean;
  healthy: boolean;
  saved: SavedState[];
  quarantined: WorkloadFacts['quarantined'];
}

const hash = (image: string) => `hash-of-${image}`;
const counts = { desired: 2, updated: 2, ready: 2, available: 2, total: 2, terminating: 0 };

/** A system with these workloads, in this order. */
export function describeSystem(name: string, workloads: string[], more: Partial<SystemInput> = {}): System {
  return systemSchema.parse({
    name,
    title: `System ${name}`,
    kubernetes: { namespace: name },
    tiers: ['app'],
    workloads: workloads.map((workload) => ({ name: workload, tier: 'app', container: 'app' })),
    policies: { rollingUpdate: { bakeSeconds: 0 } },
    channels: { ops: { type: 'log' } },
    notify: { start: ['ops'], failure: ['ops'], rollback: ['ops'], end: ['ops'], page: ['ops'] },
    ...more,
  });
}

/**
 * A pretended outside world for tests of the procedure alone: what an image does is told by its tag (`-bad` never gets
 * ready), and every write is counted. The activities themselves are tested against real servers elsewhere.
 */
export class World {
  readonly workloads = new Map<string, Pretended>();
  readonly calls: string[] = [];
  readonly writes: string[] = [];
  readonly notifications: Notification[] = [];
  readonly reports: string[] = [];
  readonly gone = new Set<string>();
  /** Verdict of the watch by `workload image`; complete when absent. */
  readonly verdicts = new Map<string, RolloutVerdict['outcome']>();
  /** Called while a watch runs, so that a test can act in the middle. */
  onWatch: ((workload: string, image: string) => Promise<void>) | undefined;
  guardOutcome: RolloutVerdict['outcome'] | 'hang' = 'complete';
  measurement: Measurement = { kind: 'value', value: 0 };
  checksPass: (image: string[]) => boolean = () => true;
  slackDown = false;
  failWrites = new Map<string, ApplicationFailure>();

  constructor(readonly system: System) {
    for (const { name } of system.workloads) {
      this.workloads.set(name, {
        uid: `uid-${name}`,
        image: 'app:1',
        generation: 1,
        paused: false,
        healthy: true,
        saved: [],
        quarantined: [],
      });
    }
  }

  get(ref: WorkloadRef): Pretended {
    const found = this.workloads.get(ref.name);
    if (!found) throw ApplicationFailure.nonRetryable(`${ref.name} not found`, 'NotFound');
    return found;
  }

  images(): Record<string, string> {
    return Object.fromEntries([...this.workloads].map(([name, one]) => [name, one.image]));
  }

  private write(what: string): void {
    this.writes.push(what);
    const failure = this.failWrites.get(what.split(' ')[0] ?? '');
    if (failure) throw failure;
  }

  private identity(one: Pretended, changed: boolean): WriteIdentity {
    return {
      uid: one.uid,
      generation: one.generation,
      templateHash: hash(one.image),
      at: new Date().toISOString(),
      changed,
    };
  }

  private async put(ref: WorkloadRef, from: string, image: string, what: string): Promise<WriteIdentity> {
    const one = this.get(ref);
    this.write(`${what} ${ref.name} ${image}`);
    if (hash(one.image) === hash(image)) return this.identity(one, false);
    if (hash(one.image) !== from)
      throw ApplicationFailure.nonRetryable(`${ref.name} was changed by somebody else`, 'Superseded');
    one.image = image;
    one.generation += 1;
    return this.identity(one, true);
  }

  private async verdict(ref: WorkloadRef): Promise<RolloutVerdict> {
    const one = this.get(ref);
    await this.onWatch?.(ref.name, one.image);
    const outcome =
      this.verdicts.get(`${ref.name} ${one.image}`) ?? (one.image.includes('-bad') ? 'failed' : 'complete');
    const evidence =
      outcome === 'failed' ? [{ pod: `${ref.name}-x`, container: 'app', reason: 'CrashLoopBackOff', exitCode: 1 }] : [];
    return { outcome, summary: `${one.image}: ${outcome}`, counts, evidence, tookMs: 1 };
  }

  private facts(ref: WorkloadRef): WorkloadFacts {
    const one = this.get(ref);
    return {
      ref,
      uid: one.uid,
      generation: one.generation,
      templateHash: hash(one.image),
      containers: [
        { name: 'app', image: one.image },
        { name: 'side', image: 'side:1' },
      ],
      replicas: 2,
      paused: one.paused,
      strategy: { type: 'RollingUpdate' },
      counts,
      healthy: one.healthy,
      ...(!one.healthy && { unhealthyBecause: 'one of two pods is not ready' }),
      digests: {},
      owners: [],
      autoscalers: [],
      exhaustedBudgets: [],
      quotaProblems: [],
      missingRights: [],
      quarantined: one.quarantined,
    };
  }

  private save(ref: WorkloadRef, templateHash: string, more: Partial<SavedState>): SavedState {
    const one = this.get(ref);
    const image = templateHash.replace('hash-of-', '');
    const found = one.saved.find((state) => state.templateHash === templateHash);
    if (found) return Object.assign(found, more);
    const state: SavedState = {
      secret: `state-${ref.name}-${one.saved.length + 1}`,
      version: one.saved.length + 1,
      templateHash,
      images: [{ name: 'app', image }],
      digests: {},
      replicas: 2,
      healthy: true,
      savedAt: new Date().toISOString(),
      ...more,
    };
    one.saved.push(state);
    return state;
  }

  private resolve(image: string): ImageResolution {
    return this.gone.has(image)
      ? { status: 'notFound', message: `${image} is not in the registry` }
      : { status: 'resolved', digest: `sha256:${image}`, platforms: ['linux/amd64'] };
  }

  /** The activities of this world. `resolveInput` takes the input as it is: validation has tests of its own. */
  activities(): Partial<Activities> {
    const count = <Args extends unknown[], Result>(name: string, fn: (...args: Args) => Promise<Result>) => {
      return async (...args: Args): Promise<Result> => {
        this.calls.push(name);
        return fn(...args);
      };
    };
    const all: Partial<Activities> = {
      resolveInput: async ({ runbook, raw }) => {
        const defaults = {
          dryRun: false,
          onBusy: 'fail',
          busyTimeoutSeconds: 60,
          to: 'lastKnownGood',
          reason: 'test',
          requestedBy: 'alice',
        };
        return { runbook, input: { ...defaults, ...(raw as object) }, system: this.system, systemHash: 'system-hash' };
      },
      openBlackouts: async () => [],
      inspectWorkload: async ({ ref }) =>
        this.workloads.has(ref.name)
          ? { found: true, facts: this.facts(ref) }
          : { found: false, problem: 'does not exist' },
      previewImage: async ({ image }) => ({ accepted: true, templateHash: hash(image) }),
      resolveImage: async ({ image }) => this.resolve(image),
      listSavedStates: async ({ ref }) => this.get(ref).saved,
      listRevisions: async () => [],
      splitPods: async () => ({ newPods: ['new-1'], newReady: 1, newRestarts: 0, oldPods: ['old-1'], oldReady: 1 }),
      saveState: async ({ ref, templateHash, healthy }) => {
        this.write(`saveState ${ref.name}`);
        return this.save(ref, templateHash, { healthy });
      },
      markVerified: async ({ ref, templateHash }) => {
        this.write(`markVerified ${ref.name}`);
        return this.save(ref, templateHash, { healthy: true, verifiedAt: new Date().toISOString() });
      },
      setImage: async ({ ref, templateHash, image }) => this.put(ref, templateHash, image, 'setImage'),
      restoreState: async ({ ref, templateHash, secret }) => {
        const state = this.get(ref).saved.find((one) => one.secret === secret);
        return this.put(ref, templateHash, state?.images[0]?.image ?? '?', 'restoreState');
      },
      restoreRevision: async ({ ref, templateHash, revision }) =>
        this.put(ref, templateHash, revision, 'restoreRevision'),
      setPaused: async ({ ref, paused }) => {
        this.write(`setPaused ${ref.name} ${String(paused)}`);
        this.get(ref).paused = paused;
      },
      watchRollout: async ({ ref }) => this.verdict(ref),
      guardPods: async ({ until }) => {
        if (this.guardOutcome === 'hang' || this.guardOutcome === 'complete') await untilOrCancelled(until);
        const outcome = this.guardOutcome === 'hang' ? 'complete' : this.guardOutcome;
        return { outcome, summary: `guard: ${outcome}`, counts, evidence: [], tookMs: 1 };
      },
      deleteStuckPods: async () => [],
      quarantine: async ({ ref, entry }) => {
        this.write(`quarantine ${ref.name}`);
        this.get(ref).quarantined.push(entry);
      },
      liftQuarantine: async ({ ref }) => {
        this.write(`liftQuarantine ${ref.name}`);
        this.get(ref).quarantined.length = 0;
      },
      runHttpCheck: async ({ check }): Promise<CheckResult> => {
        const passed = this.checksPass(Object.values(this.images()));
        return { name: check.name, url: check.url, passed, summary: passed ? 'ok' : 'expected 200, got 500', tries: 1 };
      },
      measure: async () => this.measurement,
      notify: async ({ notification }) => {
        if (this.slackDown) throw new Error('Slack is down');
        this.notifications.push(notification);
        return { delivered: true };
      },
      saveReport: async ({ workflowId, json }) => {
        this.reports.push(json);
        return { reference: `report:${workflowId}` };
      },
    };
    return Object.fromEntries(
      Object.entries(all).map(([name, fn]) => [name, count(name, fn as (...args: unknown[]) => Promise<unknown>)]),
    );
  }
}

async function untilOrCancelled(until: number): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  let timer: NodeJS.Timeout | undefined;
  try {
    const time = new Promise((resolve) => {
      timer = setTimeout(resolve, Math.max(0, until - Date.now()));
    });
    await Promise.race([context.cancelled, time]);
  } finally {
    clearInterval(beat);
    clearTimeout(timer);
  }
}
