import { ApplicationFailure } from '@temporalio/common';
import { isStatus } from '../api/apiError.js';
import type { Answer } from '../api/clients.js';
import type { PodTemplate, Workload } from '../model/objects.js';
import { workloadPath } from '../model/paths.js';
import { templateHash } from '../model/templateHash.js';
import { orIfMissing, type Session } from '../session.js';
import type { RunRef, WriteIdentity } from '../types.js';
import { MANAGER, RUN, runKey, WROTE } from './annotations.js';
import { annotate, guards, ourMarks, type PatchOperation } from './jsonPatch.js';
import { replaced, superseded } from './writeFailures.js';

/** Tries against others who write at the same moment. */
const MAX_TRIES = 5;

export interface TemplateChange {
  uid: string;
  /** Of the template that must stand there. */
  templateHash: string;
  run: RunRef;
  cause: string;
  /** Whether this template is what was asked for, whoever wrote it. */
  standsAlready: (live: PodTemplate) => boolean;
  /** The patch of the template. Throws when it cannot be made. */
  operations: (live: PodTemplate) => PatchOperation[];
}

/**
 * Writes a template once. Guarded by JSON-patch tests of UID and template, so that it changes what was looked at or nothing. A repeat
 * finds its own earlier write by run and hash annotations. Throws `Superseded` or `TargetReplaced` (final).
 */
export async function writeTemplate(session: Session, change: TemplateChange): Promise<WriteIdentity> {
  for (let tries = 1; ; tries++) {
    const read = await orIfMissing(session.workload(), undefined);
    if (read?.body.metadata.uid !== change.uid) throw replaced(session.ref);
    const live = read.body;
    const hash = templateHash(live.spec.template);
    if (isOwnWrite(live, hash, change)) return identityOf(live, read.serverTime, true);
    if (change.standsAlready(live.spec.template)) return identityOf(live, read.serverTime, false);
    if (hash !== change.templateHash) throw superseded(session.ref, live);
    const operations = change.operations(live.spec.template);
    try {
      const written = await apply(session, live, change, operations);
      return identityOf(written.body, written.serverTime, true);
    } catch (error) {
      // 409 and a failed patch test (422) both mean that the object moved on since the read; a real refusal meets an unmoved one.
      const raced = isStatus(error, 409) || (isStatus(error, 422) && (await moved(session, live)));
      if (tries >= MAX_TRIES || !raced) throw error;
    }
  }
}

async function apply(
  session: Session,
  live: Workload,
  change: TemplateChange,
  operations: PatchOperation[],
): Promise<Answer<Workload>> {
  const wrote = await expectedHash(session, live, operations);
  const marks = annotate(live, ourMarks(change.run, wrote, change.cause));
  return patch(session, [...guards(live), ...operations, ...marks]);
}

/** What admission makes of the template: asked by a server-side dry run. */
export async function expectedHash(session: Session, live: Workload, operations: PatchOperation[]): Promise<string> {
  const { body } = await patch(session, [...guards(live), ...operations], true);
  return templateHash(body.spec.template);
}

export function patch(session: Session, body: PatchOperation[], dryRun = false): Promise<Answer<Workload>> {
  return session.call<Workload>({
    method: 'PATCH',
    path: workloadPath(session.ref),
    query: { fieldManager: MANAGER, ...(dryRun ? { dryRun: 'All' } : {}) },
    contentType: 'application/json-patch+json',
    body,
  });
}

async function moved(session: Session, was: Workload): Promise<boolean> {
  const now = (await orIfMissing(session.workload(), undefined))?.body;
  return now?.metadata.uid !== was.metadata.uid || now.metadata.generation !== was.metadata.generation;
}

/** The template is as this run wrote it, and it is not the one that this call was to replace. */
function isOwnWrite(live: Workload, hash: string, change: TemplateChange): boolean {
  const marks = live.metadata.annotations ?? {};
  return marks[RUN] === runKey(change.run) && marks[WROTE] === hash && hash !== change.templateHash;
}

function identityOf(workload: Workload, serverTime: Date, changed: boolean): WriteIdentity {
  const ours = (workload.metadata.managedFields ?? []).filter(
    (field) => field.manager === MANAGER && field.subresource === undefined && field.time !== undefined,
  );
  const last = ours
    .map((field) => field.time ?? '')
    .toSorted()
    .at(-1);
  return {
    uid: workload.metadata.uid,
    generation: workload.metadata.generation ?? 0,
    templateHash: templateHash(workload.spec.template),
    at: (changed ? last : undefined) ?? serverTime.toISOString(),
    changed,
  };
}

/** The change cannot be made on this template. */
export const invalid = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'Invalid');
