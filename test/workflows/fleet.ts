import { ApplicationFailure } from '@temporalio/common';
import type { Scale, ScaleOutcome } from '../../activities/kubernetes/types.js';
import type { Activities } from '../../activities/types.js';
import type { SystemInput } from '../../systems/schema.js';
import { describeSystem, World } from './world.js';

/** A pretended cluster whose workloads can be scaled and restarted; `web` and `worker`, two pods each. */
export class Fleet extends World {
  readonly replicas = new Map<string, number>();
  readonly autoscalers = new Map<string, Scale['autoscalers'][number]>();
  readonly done: string[] = [];
  /** Outcome of the wait by `workload=replicas`; reached when absent. */
  readonly outcomes = new Map<string, ScaleOutcome['outcome']>();
  /** Workloads that cannot be set to this number. */
  readonly refuses = new Map<string, number>();
  onWait: (() => Promise<void>) | undefined;

  constructor(name: string, more: Partial<SystemInput> = {}) {
    super(describeSystem(name, ['web', 'worker', 'keeper'], more));
    for (const workload of ['web', 'worker', 'keeper']) this.replicas.set(workload, 2);
  }

  override activities(): Partial<Activities> {
    const scaling: Partial<Activities> = {
      readScale: async ({ ref }) => {
        const scaler = this.autoscalers.get(ref.name);
        const replicas = this.replicas.get(ref.name) ?? 0;
        const claims = ref.name === 'keeper' ? { deletesClaims: true as const } : {};
        return { uid: `uid-${ref.name}`, replicas, ...claims, autoscalers: scaler ? [scaler] : [] };
      },
      setReplicas: async ({ ref, replicas }) => {
        this.done.push(`setReplicas ${ref.name}=${replicas}`);
        if (this.refuses.get(ref.name) === replicas) throw ApplicationFailure.nonRetryable('refused', 'Forbidden');
        const previous = this.replicas.get(ref.name) ?? 0;
        this.replicas.set(ref.name, replicas);
        return { previous };
      },
      waitScaled: async ({ ref, replicas }) => {
        await this.onWait?.();
        const outcome = this.outcomes.get(`${ref.name}=${replicas}`) ?? 'reached';
        return { outcome, summary: `${ref.name}: ${outcome}.`, ready: replicas, pods: replicas, tookMs: 1 };
      },
      setAutoscalerRange: async ({ ref, autoscaler, min, max }) => {
        this.done.push(`setAutoscalerRange ${ref.name} ${min}-${max}`);
        const { min: low = 1, max: high = 1 } = this.autoscalers.get(ref.name) ?? {};
        this.autoscalers.set(ref.name, { name: autoscaler, min, max });
        // The autoscaler keeps to its bounds.
        this.replicas.set(ref.name, Math.min(max, Math.max(min, this.replicas.get(ref.name) ?? 0)));
        return { previous: { min: low, max: high } };
      },
      restartWorkload: async ({ ref, uid, templateHash }) => {
        this.done.push(`restartWorkload ${ref.name}`);
        return { uid, generation: 2, templateHash, at: new Date().toISOString(), changed: true };
      },
    };
    return { ...super.activities(), ...scaling };
  }
}
