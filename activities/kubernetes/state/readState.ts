import { ApplicationFailure } from '@temporalio/common';
import type { PodTemplate, Secret } from '../model/objects.js';
import { corePath } from '../model/paths.js';
import { orIfMissing, type Session } from '../session.js';
import type { SavedState } from '../types.js';
import { replaced } from '../write/writeFailures.js';
import { asSavedState, metaOf, ourLabels, type StateMeta, unpackTemplate } from './stateSecret.js';

export interface Kept {
  secret: Secret;
  meta: StateMeta;
}

/** All states of this very object (by UID), newest first. Broken Secrets are passed over. */
export async function keptStates(session: Session, uid: string): Promise<Kept[]> {
  const { ref } = session;
  const labelSelector = Object.entries(ourLabels(ref))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const secrets = await session.list<Secret>(corePath(ref.namespace, 'secrets'), { labelSelector });
  return secrets
    .flatMap((secret) => {
      const meta = metaOf(secret);
      return meta?.uid === uid ? [{ secret, meta }] : [];
    })
    .toSorted((a, b) => b.meta.version - a.meta.version);
}

export async function listStates(session: Session, uid?: string): Promise<SavedState[]> {
  const of = uid ?? (await orIfMissing(session.workload(), undefined))?.body.metadata.uid;
  if (of === undefined) return [];
  return (await keptStates(session, of)).map(({ secret, meta }) => asSavedState(secret, meta));
}

/** One saved template of the workload `uid`. Throws NotFound, TargetReplaced, SavedStateCorrupt (all final). */
export async function readState(session: Session, name: string, uid: string): Promise<{ template: PodTemplate }> {
  const { ref } = session;
  const secret = await orIfMissing(session.get<Secret>(corePath(ref.namespace, 'secrets', name)), undefined);
  if (!secret) {
    throw ApplicationFailure.nonRetryable(
      `Saved state ${name} is not in namespace ${ref.namespace} any more. Choose another saved state or a revision.`,
      'NotFound',
    );
  }
  const meta = metaOf(secret);
  if (meta && meta.uid !== uid) throw replaced(ref);
  return { template: unpackTemplate(secret, meta) };
}
