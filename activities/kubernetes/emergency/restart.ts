import { Context } from '@temporalio/activity';
import type { PodTemplate } from '../model/objects.js';
import { orIfMissing, type Session } from '../session.js';
import type { WriteIdentity } from '../types.js';
import { changeCause, RUN, runKey } from '../write/annotations.js';
import type { PatchOperation } from '../write/jsonPatch.js';
import { nameOf } from '../write/writeFailures.js';
import { invalid, writeTemplate } from '../write/writeTemplate.js';
import type { EmergencyActivities } from './types.js';

/** The one that kubectl sets, so that its users find it where they look for it. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

type Input = Parameters<EmergencyActivities['restartWorkload']>[0];

/**
 * {@link EmergencyActivities.restartWorkload}. Throws `Superseded`, `TargetReplaced`, `Invalid` (a paused Deployment), all final.
 */
export async function restartWorkload(session: Session, { uid, templateHash, run }: Input): Promise<WriteIdentity> {
  const live = (await orIfMissing(session.workload(), undefined))?.body;
  if (live?.spec.paused === true && live.metadata.annotations?.[RUN] !== runKey(run))
    throw invalid(`${nameOf(session.ref)} is paused, so its pods would stay as they are: resume it first.`);
  // When the restart was asked for, by the server's clock: the same for every try of this activity.
  const at = new Date(Context.current().info.scheduledTimestampMs).toISOString();
  return writeTemplate(session, {
    uid,
    templateHash,
    run,
    cause: changeCause(run, 'restarted'),
    // A repeat is told by the run's own mark; the annotation alone would also stand under a stranger's change.
    standsAlready: () => false,
    operations: (template) => restartOperations(template, at),
  });
}

/** Pure. The guards have tested the whole template, so that no annotation can be lost here. */
export function restartOperations({ metadata }: PodTemplate, at: string): PatchOperation[] {
  const path = '/spec/template/metadata/annotations';
  return metadata?.annotations
    ? [{ op: 'add', path: `${path}/${RESTARTED_AT.replaceAll('/', '~1')}`, value: at }]
    : [{ op: 'add', path, value: { [RESTARTED_AT]: at } }];
}
