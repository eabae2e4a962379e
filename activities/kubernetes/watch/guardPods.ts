import { countsOf } from '../model/counts.js';
import type { Pod } from '../model/objects.js';
import { doomOf } from '../rollout/doomedPods.js';
import { isReady } from '../rollout/ownedPods.js';
import { restartsSince, type RestartBaseline } from '../rollout/restarts.js';
import type { Session } from '../session.js';
import type { KubernetesActivities, RolloutVerdict, WorkloadRef, WriteIdentity } from '../types.js';
import { type Course, follow, type Look } from './course.js';
import { asCulpritOnly, type Finding } from './finding.js';
import { activePods, asCulprit, notReady, restartWords, strangersDoing } from './judge.js';

type Input = Parameters<KubernetesActivities['guardPods']>[0];

const LOST_MS = 10_000;
/** Readiness that comes and goes never stays lost for long, and is no health either. */
const MAX_LOSSES = 3;
const TOLERATED_RESTARTS = 1;
const STARTED = 'guard/started';

interface Watched {
  lostSince?: number;
  losses: number;
  everReady: boolean;
}

/** {@link KubernetesActivities.guardPods} */
export function guardPods(session: Session, { ref, identity, until }: Input): Promise<RolloutVerdict> {
  const guard = new Guard(ref, identity);
  const course: Course = {
    endAt: until,
    judge: (look) => guard.judge(look),
    atEnd: (look) => guard.atEnd(look),
    progress: ({ owned }) => {
      const live = activePods(owned.newPods);
      return `${live.filter(isReady).length} of ${live.length} pods ready`;
    },
  };
  return follow(session, identity, course);
}

/** Judges pods that were complete when it began. */
export class Guard {
  private readonly pods = new Map<string, Watched>();
  private firstLook = true;

  constructor(
    private readonly ref: WorkloadRef,
    private readonly identity: WriteIdentity,
  ) {}

  judge({ view, owned, memory, now }: Look): Finding | undefined {
    const stranger = strangersDoing(this.ref, this.identity, view);
    if (stranger) return stranger;
    const live = activePods(owned.newPods);
    for (const pod of live) this.note(pod, now);
    this.firstLook = false;
    return this.restarted(live, memory.baseline) ?? doomed(live, memory.pulls) ?? this.unready(live, now);
  }

  atEnd({ view, owned }: Look): Finding | undefined {
    const live = activePods(owned.newPods);
    // Whoever is away right now gets the rest of his time.
    if (live.some((pod) => this.pods.get(pod.metadata.uid)?.lostSince !== undefined)) return undefined;
    const { desired } = view.workload ? countsOf(this.ref.kind, view.workload) : { desired: 0 };
    if (desired > 0 && !live.some(isReady)) {
      return {
        outcome: 'failed',
        summary: `No pod of ${this.ref.kind} ${this.ref.name} is ready.`,
        culprits: notReady(live),
      };
    }
    const summary = `${this.ref.kind} ${this.ref.name} stayed up: ${live.filter(isReady).length} of ${live.length} pods ready, none restarted.`;
    return { outcome: 'complete', summary, culprits: [] };
  }

  private note(pod: Pod, now: number): void {
    const known = this.pods.get(pod.metadata.uid) ?? { losses: 0, everReady: this.firstLook };
    this.pods.set(pod.metadata.uid, known);
    if (isReady(pod)) {
      known.everReady = true;
      delete known.lostSince;
    } else if (known.everReady && known.lostSince === undefined) {
      known.lostSince = now;
      known.losses++;
    }
  }

  /**
   * One restart may be from the rollout that went before: it is noted at the first look of the first attempt. The baseline travels in
   * the heartbeat, so that a restart while no worker looked is found by the next attempt.
   */
  private restarted(live: Pod[], baseline: RestartBaseline): Finding | undefined {
    const begins = baseline[STARTED] === undefined;
    baseline[STARTED] = 1;
    const found = live
      .flatMap((pod) => restartsSince(pod, this.identity.at, baseline).map((one) => ({ one, uid: pod.metadata.uid })))
      .filter(({ one, uid }) => {
        const key = `guard/${uid}/${one.container}`;
        if (begins) baseline[key] = Math.min(one.count, TOLERATED_RESTARTS);
        return one.count > (baseline[key] ?? 0);
      })
      .map(({ one }) => one);
    if (found.length === 0) return undefined;
    return { outcome: 'failed', summary: `After the rollout ${restartWords(found)}.`, culprits: found.map(asCulprit) };
  }

  private unready(live: Pod[], now: number): Finding | undefined {
    const lost = live.filter((pod) => {
      const { lostSince, losses = 0 } = this.pods.get(pod.metadata.uid) ?? {};
      return losses >= MAX_LOSSES || (lostSince !== undefined && now - lostSince > LOST_MS);
    });
    const [first] = lost;
    if (!first) return undefined;
    const losses = this.pods.get(first.metadata.uid)?.losses ?? 0;
    const how =
      losses >= MAX_LOSSES ? `lost its readiness ${losses} times` : `has not been ready for ${LOST_MS / 1_000} s`;
    return {
      outcome: 'failed',
      summary: `After the rollout pod ${first.metadata.name} ${how}.`,
      culprits: lost.map((pod) => notReady([pod])[0] ?? { pod: pod.metadata.name, reason: 'ReadinessFlapping' }),
    };
  }
}

function doomed(live: Pod[], pulls: Look['memory']['pulls']): Finding | undefined {
  const found = live.flatMap((pod) => doomOf(pod, pulls) ?? []);
  const [first] = found;
  if (!first) return undefined;
  const summary = `After the rollout container ${first.container} of pod ${first.pod} ${first.words}.`;
  return { outcome: 'failed', summary, culprits: found.map(asCulpritOnly) };
}
