import { ApplicationFailure } from '@temporalio/common';
import { ApiError, isTransient } from '../api/apiError.js';
import { toFailure } from '../api/failure.js';
import type { PodTemplate } from '../model/objects.js';
import { templateHash } from '../model/templateHash.js';
import { orIfMissing, type Session } from '../session.js';
import type { KubernetesActivities, WriteIdentity } from '../types.js';
import { changeCause } from './annotations.js';
import type { PatchOperation } from './jsonPatch.js';
import { nameOf } from './writeFailures.js';
import { expectedHash, invalid, writeTemplate } from './writeTemplate.js';

type SetImage = Parameters<KubernetesActivities['setImage']>[0];
type Preview = Parameters<KubernetesActivities['previewImage']>[0];

export function setImage(session: Session, input: SetImage): Promise<WriteIdentity> {
  const { uid, templateHash: expected, container, image, run } = input;
  return writeTemplate(session, {
    uid,
    templateHash: expected,
    run,
    cause: changeCause(run, image),
    standsAlready: (live) => templateHash(live) === expected && imageOf(live, container) === image,
    operations: (live) => imageOperations(session, live, container, image),
  });
}

/** The server's dry run of the same patch. A refusal is a result; only trouble with the server itself throws. */
export async function previewImage(session: Session, { container, image }: Preview) {
  const read = await orIfMissing(session.workload(), undefined);
  if (!read) return { accepted: false, message: `${nameOf(session.ref)} does not exist.` };
  try {
    const operations = imageOperations(session, read.body.spec.template, container, image);
    return { accepted: true, templateHash: await expectedHash(session, read.body, operations) };
  } catch (error) {
    const refused = error instanceof ApiError && !isTransient(error) && error.status !== 409;
    if (!refused && !(error instanceof ApplicationFailure)) throw error;
    const failure = toFailure(error, session.ref, session.hide);
    return { accepted: false, message: failure instanceof Error ? failure.message : String(failure) };
  }
}

/** Containers first, then init containers: the names are unique among both. */
function imageOperations(session: Session, live: PodTemplate, container: string, image: string): PatchOperation[] {
  for (const list of ['containers', 'initContainers'] as const) {
    const index = (live.spec[list] ?? []).findIndex((one) => one.name === container);
    if (index < 0) continue;
    const path = `/spec/template/spec/${list}/${index}`;
    return [
      { op: 'test', path: `${path}/name`, value: container },
      { op: 'replace', path: `${path}/image`, value: image },
    ];
  }
  const names = [...live.spec.containers, ...(live.spec.initContainers ?? [])].map((one) => one.name);
  throw invalid(
    `${nameOf(session.ref)} has no container "${container}"; it has ${names.join(', ')}. Correct the container's name.`,
  );
}

const imageOf = ({ spec }: PodTemplate, container: string): string | undefined =>
  [...spec.containers, ...(spec.initContainers ?? [])].find((one) => one.name === container)?.image;
