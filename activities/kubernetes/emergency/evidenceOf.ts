import { bounded } from '../../secrets/redact.js';
import type { Pod, Workload } from '../model/objects.js';
import { Session } from '../session.js';
import type { WorkloadKind } from '../types.js';
import { gatherEvidence } from '../watch/evidence.js';
import type { Culprit } from '../watch/finding.js';
import type { Cluster } from './place.js';
import type { Laggard, ObjectRef } from './types.js';

/** Of a system of hundreds of workloads a person reads the first few. */
const MAX_EVIDENCE = 10;
const WHY = 700;

export const isWorkloadKind = (kind: ObjectRef['kind']): kind is WorkloadKind =>
  kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet';

/** The calls on one workload of the system, silent about the env values of its template and of its pods. */
export function sessionOf(
  cluster: Cluster,
  ref: ObjectRef,
  workload: Workload | undefined,
  pods: readonly Pod[],
): Session {
  const { kind, namespace, name } = ref;
  const session = new Session(
    { ...cluster.place, namespace, kind: isWorkloadKind(kind) ? kind : 'Deployment', name },
    cluster.clients,
    cluster.signal,
  );
  if (workload) session.hides(workload.spec.template);
  for (const { spec } of pods.slice(0, MAX_EVIDENCE)) session.hides({ spec });
  return session;
}

/** A laggard before its words are cleaned and its pods are asked. */
export interface Raw extends Omit<Laggard, 'evidence'> {
  session: Session;
  culprits: Culprit[];
  pods: Pod[];
}

/** Hides env values in the words, and adds logs and events of the pods of the first ones. */
export function explained(raws: readonly Raw[]): Promise<Laggard[]> {
  return Promise.all(
    raws.map(async ({ session, culprits, pods, why, ...rest }, index) => ({
      ...rest,
      why: bounded(session.hide(why), WHY),
      evidence: index < MAX_EVIDENCE ? await gatherEvidence(session, culprits, pods) : [],
    })),
  );
}
