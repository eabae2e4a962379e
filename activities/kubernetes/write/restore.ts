import { ApplicationFailure } from '@temporalio/common';
import type { ControllerRevision, PodTemplate, ReplicaSet } from '../model/objects.js';
import { plainTemplate, templateHash } from '../model/templateHash.js';
import { revisionNumber } from '../rollout/ownedPods.js';
import { type Session } from '../session.js';
import { readState } from '../state/readState.js';
import type { KubernetesActivities, WriteIdentity } from '../types.js';
import { changeCause } from './annotations.js';
import { replaceTemplate } from './jsonPatch.js';
import { readRevisions, templateOf } from './revisions.js';
import { nameOf } from './writeFailures.js';
import { writeTemplate } from './writeTemplate.js';

type RestoreState = Parameters<KubernetesActivities['restoreState']>[0];
type RestoreRevision = Parameters<KubernetesActivities['restoreRevision']>[0];

export async function restoreState(session: Session, input: RestoreState): Promise<WriteIdentity> {
  const saved = await readState(session, input.secret, input.uid);
  return putBack(session, input, saved.template, `saved state ${input.secret}`);
}

export async function restoreRevision(session: Session, input: RestoreRevision): Promise<WriteIdentity> {
  const all = await readRevisions(session, input.uid);
  const found = all.find(
    (one) => one.metadata.name === input.revision || String(revisionNumber(one)) === input.revision,
  );
  const template = found && templateOf(found);
  if (!template) throw unknownRevision(session, input.revision, all);
  return putBack(session, input, plainTemplate(template), `revision ${revisionNumber(found)}`);
}

function putBack(
  session: Session,
  input: RestoreState | RestoreRevision,
  template: PodTemplate,
  from: string,
): Promise<WriteIdentity> {
  session.hides(template);
  const images = template.spec.containers.map((one) => one.image).join(', ');
  const wanted = templateHash(template);
  return writeTemplate(session, {
    uid: input.uid,
    templateHash: input.templateHash,
    run: input.run,
    cause: changeCause(input.run, `back to ${images} (${from})`),
    standsAlready: (live) => templateHash(live) === wanted,
    operations: () => replaceTemplate(template),
  });
}

function unknownRevision(session: Session, wanted: string, all: (ReplicaSet | ControllerRevision)[]) {
  const known = all.map((one) => `${revisionNumber(one)} (${one.metadata.name})`).join(', ');
  return ApplicationFailure.nonRetryable(
    `${nameOf(session.ref)} has no revision "${wanted}"; Kubernetes remembers ${known || 'none'}. Name one of these, or go back to a saved state.`,
    'NotFound',
  );
}
