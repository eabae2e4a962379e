import { conditionOf } from '../model/counts.js';
import type { Session } from '../session.js';
import type { KubernetesActivities, RolloutVerdict, WorkloadRef } from '../types.js';
import { plural, updateStrategyOf } from '../rollout/rolloutStatus.js';
import { nameOf } from '../write/writeFailures.js';
import { invalid } from '../write/writeTemplate.js';
import { type Course, follow, type Look } from './course.js';
import type { Finding } from './finding.js';
import { activePods, judge, notReady, openPoints } from './judge.js';

type Input = Parameters<KubernetesActivities['watchRollout']>[0];

/** {@link KubernetesActivities.watchRollout} */
export async function watchRollout(session: Session, { ref, identity, deadlineAt }: Input): Promise<RolloutVerdict> {
  const course: Course = {
    endAt: deadlineAt,
    judge: (look) => refuseOnDelete(ref, look) ?? judge(ref, identity, look.view, look.owned, look.memory, look.now),
    atEnd: (look) => tooLate(ref, look),
    progress: (look) => progressOf(ref, look),
  };
  return follow(session, identity, course);
}

/** `1 of 2 new pods ready; 1 of 3 updated, 1 old pod still there`. */
function progressOf(ref: WorkloadRef, { view, owned }: Look): string {
  const live = activePods(owned.newPods);
  const open = openPoints(ref.kind, view, owned).join(', ');
  return `${live.length - notReady(live).length} of ${live.length} new pods ready${open === '' ? '' : `; ${open}`}`;
}

function refuseOnDelete(ref: WorkloadRef, { view }: Look): undefined {
  if (!view.workload || updateStrategyOf(ref.kind, view.workload)?.type !== 'OnDelete') return undefined;
  throw invalid(
    `${nameOf(ref)} has update strategy OnDelete: pods change only when somebody deletes them, so there is no rollout to watch. Set RollingUpdate.`,
  );
}

function tooLate(ref: WorkloadRef, { view, owned, memory }: Look): Finding {
  const live = activePods(owned.newPods);
  const unready = notReady(live);
  const parts = [`${ref.kind} ${ref.name} was not rolled out in time: ${openPoints(ref.kind, view, owned).join(', ')}`];
  if (view.workload?.spec.paused) parts.push('it is paused, by somebody else than this run; resume it to go on');
  const failure = memory.createFailure ?? conditionOf(view.workload?.status?.conditions, 'ReplicaFailure');
  if (failure?.message) parts.push(`pods could not be created: ${failure.message}`);
  const [first] = unready;
  if (first) parts.push(`${unready.length} of ${plural(live.length, 'new pod')} not ready`);
  else if (live.length > 0 && owned.oldPods.length > 0)
    parts.push(`${plural(owned.oldPods.length, 'old pod')} not gone yet`);
  return { outcome: 'deadline', summary: `${parts.join('; ')}.`, culprits: unready };
}
