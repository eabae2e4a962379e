import type { ControllerRevision, PodTemplate, ReplicaSet } from '../model/objects.js';
import { revisionsPath } from '../model/paths.js';
import { selectorQuery } from '../model/selector.js';
import { templateHash } from '../model/templateHash.js';
import { revisionNumber } from '../rollout/ownedPods.js';
import { unfinished } from '../rollout/rolloutStatus.js';
import { orIfMissing, type Session } from '../session.js';
import { listStates } from '../state/readState.js';
import type { Revision } from '../types.js';
import { replaced } from './writeFailures.js';

export const templateOf = (one: ReplicaSet | ControllerRevision): PodTemplate | undefined =>
  'revision' in one ? one.data?.spec?.template : one.spec.template;

/** The workload's own ReplicaSets or ControllerRevisions, newest first. Throws TargetReplaced when it is not `uid` (any, if left out). */
export async function readRevisions(session: Session, uid?: string): Promise<(ReplicaSet | ControllerRevision)[]> {
  const { body } = await session.workload();
  if (uid !== undefined && body.metadata.uid !== uid) throw replaced(session.ref);
  const found = await session.list<ReplicaSet | ControllerRevision>(revisionsPath(session.ref), {
    labelSelector: selectorQuery(body.spec.selector),
  });
  const own = found.filter((one) => one.metadata.ownerReferences?.some((owner) => owner.uid === body.metadata.uid));
  return own.toSorted((a, b) => revisionNumber(b) - revisionNumber(a));
}

/** {@link KubernetesActivities.listRevisions} */
export async function listRevisions(session: Session): Promise<Revision[]> {
  const read = await orIfMissing(session.workload(), undefined);
  if (!read) return [];
  const { uid } = read.body.metadata;
  const [revisions, states] = await Promise.all([readRevisions(session, uid), listStates(session, uid)]);
  const proven = new Set(
    states.filter((state) => state.healthy || state.verifiedAt !== undefined).map((state) => state.templateHash),
  );
  const current = templateHash(read.body.spec.template);
  return revisions.flatMap((one) => {
    const template = templateOf(one);
    if (!template) return [];
    const hash = templateHash(template);
    const serving =
      'spec' in one
        ? (one.status?.availableReplicas ?? 0) > 0
        : hash === current && unfinished(session.ref.kind, read.body).length === 0;
    return [
      {
        name: one.metadata.name,
        revision: revisionNumber(one),
        images: template.spec.containers.map(({ name, image }) => ({ name, image: image ?? '' })),
        templateHash: hash,
        everComplete: proven.has(hash) || serving || one.metadata.name === completeRevision(read.body.status),
        current: hash === current,
      },
    ];
  });
}

/** A StatefulSet's `currentRevision` moves on only when an update is complete. */
const completeRevision = (status: { currentRevision?: string } | undefined): string | undefined =>
  status?.currentRevision;
