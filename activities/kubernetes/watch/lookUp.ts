import { desiredOf } from '../model/counts.js';
import type { Pod } from '../model/objects.js';
import { isAfter } from '../rollout/controllerVerdict.js';
import { containersOf } from '../rollout/doomedPods.js';
import type { OwnedPods } from '../rollout/ownedPods.js';
import type { Session } from '../session.js';
import type { WriteIdentity } from '../types.js';
import { eventsOf, eventTime } from './events.js';
import { type Memory, noteCreateFailure } from './memory.js';
import type { View } from './observation.js';

/** Events are listed only when a pod looks bad, and not again before this time. */
const AGAIN_MS = 5_000;
/** Before it, a missing pod is simply on its way. */
const STILL_MS = 3_000;
const MAX_PODS = 3;

/** Words of cluster-autoscaler and Karpenter for "a node is coming". */
const SCALING_UP = new Set(['TriggeredScaleUp', 'Nominated']);

/** Asks the events for what objects' status does not say. One per watch; it remembers what it has asked. */
export class LookUps {
  private readonly asked = new Map<string, number>();

  constructor(
    private readonly session: Session,
    private readonly identity: WriteIdentity,
  ) {}

  async run(view: View, owned: OwnedPods, memory: Memory, now: number): Promise<void> {
    const curious = owned.newPods.filter((pod) => pullIsHidden(pod, memory) || isWaitingLong(pod, memory, now));
    for (const pod of curious.slice(0, MAX_PODS)) {
      if (this.mayAsk(pod.metadata.uid, now)) await this.askAboutPod(pod, memory);
    }
    await this.askAboutCreation(view, memory, now);
  }

  private mayAsk(uid: string, now: number): boolean {
    if (now - (this.asked.get(uid) ?? 0) < AGAIN_MS) return false;
    this.asked.set(uid, now);
    return true;
  }

  private async askAboutPod(pod: Pod, memory: Memory): Promise<void> {
    const { uid } = pod.metadata;
    for (const event of await eventsOf(this.session, uid)) {
      if (SCALING_UP.has(event.reason ?? '')) memory.scalingUp.add(uid);
      const container = /\{(.+)\}/.exec(event.involvedObject?.fieldPath ?? '')?.[1];
      const pull = event.reason === 'Failed' && (event.message ?? '').startsWith('Failed to pull image');
      if (pull && container !== undefined) memory.pulls.set(`${uid}/${container}`, event.message ?? '');
    }
  }

  private async askAboutCreation({ workload }: View, memory: Memory, now: number): Promise<void> {
    const { kind } = this.session.ref;
    if (!workload || kind === 'Deployment') return;
    const { currentNumberScheduled, replicas } = workload.status ?? {};
    const created = (kind === 'DaemonSet' ? currentNumberScheduled : replicas) ?? 0;
    if (created >= desiredOf(kind, workload)) return noteCreateFailure(memory, undefined, now);
    if (now - memory.countsSince < STILL_MS || !this.mayAsk(workload.metadata.uid, now)) return;
    const failed = (await eventsOf(this.session, workload.metadata.uid)).find(
      (event) => event.reason === 'FailedCreate' && isAfter(eventTime(event), this.identity.at),
    );
    noteCreateFailure(memory, failed?.message, now);
  }
}

function pullIsHidden(pod: Pod, memory: Memory): boolean {
  return containersOf(pod).some(
    (status) =>
      status.state?.waiting?.reason === 'ImagePullBackOff' && !memory.pulls.has(`${pod.metadata.uid}/${status.name}`),
  );
}

/** Shortly before the verdict, so that an autoscaler's word is heard in time. */
function isWaitingLong(pod: Pod, memory: Memory, now: number): boolean {
  const since = memory.unschedulableSince.get(pod.metadata.uid);
  return since !== undefined && now - since > 8_000;
}
