import { backupError } from '../../backup/errors.js';
import { bounded } from '../../secrets/redact.js';
import { ApiError, isStatus } from '../api/apiError.js';
import type { PodTemplate } from '../model/objects.js';
import { templateRedactor } from '../redact.js';
import { MANAGER } from '../write/annotations.js';
import type { Api } from './api.js';
import { type Kind, kindName, listIn, mapIn, nameOfThing, pathOf, type Thing } from './model.js';

/** What the server said to an object that it was only asked about. */
export type Answered =
  /** As it would be stored. */
  | { how: 'taken'; thing: Thing }
  /** An object of that name stands there; ours would be acceptable in its place. */
  | { how: 'exists'; thing: Thing }
  | { how: 'refused'; why: string; forbidden: boolean }
  /** Cannot be said before something else of the backup exists. */
  | { how: 'later'; why: string };

/** Asks the server by a dry run; nothing is stored. Throws only when the server cannot be asked. */
export async function askServer(api: Api, kind: Kind | undefined, thing: Thing): Promise<Answered> {
  if (!kind)
    return { how: 'later', why: `the cluster does not serve ${kindName(thing)} in version ${thing.apiVersion}` };
  const path = pathOf(kind, thing.metadata.namespace);
  const query = { dryRun: 'All', fieldManager: MANAGER };
  try {
    return { how: 'taken', thing: (await api.ask<Thing>({ method: 'POST', path, query, body: thing })).body };
  } catch (error) {
    if (isStatus(error, 409)) return askToApply(api, kind, thing);
    return refusal(error, thing);
  }
}

async function askToApply(api: Api, kind: Kind, thing: Thing): Promise<Answered> {
  const path = pathOf(kind, thing.metadata.namespace, thing.metadata.name);
  const query = { dryRun: 'All', fieldManager: MANAGER, force: true };
  try {
    const contentType = 'application/apply-patch+yaml';
    return {
      how: 'exists',
      thing: (await api.ask<Thing>({ method: 'PATCH', path, query, contentType, body: thing })).body,
    };
  } catch (error) {
    return refusal(error, thing);
  }
}

export function refusal(error: unknown, thing: Thing): Extract<Answered, { how: 'refused' | 'later' }> {
  if (!(error instanceof ApiError) || error.status === 0 || error.status === 401 || error.status >= 500) throw error;
  const why = `${nameOfThing(thing)}: ${wordsOf(error, thing)}`;
  if (error.status === 403 && /looking up service account/.test(error.message)) return { how: 'later', why };
  return { how: 'refused', why, forbidden: error.status === 403 };
}

/** The server's words without values of the object: it likes to quote what it refuses. */
export function wordsOf(error: ApiError, thing: Thing): string {
  if (kindName(thing) === 'Secret') return `${error.status} ${error.reason}`;
  const template = mapIn(mapIn(thing['spec'])['template']);
  const templates =
    listIn(mapIn(template['spec'])['containers']).length > 0 ? [template as unknown as PodTemplate] : [];
  const unquoted = error.message.replace(
    /Invalid value: ("(?:[^"\\]|\\.)*"|\{.*?\}|[^\s:,]+)/g,
    'Invalid value: [hidden]',
  );
  return bounded(templateRedactor(templates, [thing.metadata.name])(unquoted), 300);
}

const SHOWN = 10;

/** The failure for objects that the server refuses: `Forbidden` when rights are all that is missing. */
export function refusedError(refusals: readonly { why: string; forbidden: boolean }[]): Error {
  const more = refusals.length > SHOWN ? `; and ${refusals.length - SHOWN} more` : '';
  const list = refusals
    .slice(0, SHOWN)
    .map((one) => one.why)
    .join('; ');
  if (refusals.every((one) => one.forbidden))
    return backupError(
      'Forbidden',
      `The cluster forbids ${refusals.length} objects: ${list}${more}. Grant the rights as deploy/rbac/backup.yaml does, or lift the quota or policy that is named.`,
    );
  return backupError(
    'RestoreError',
    `The cluster refuses ${refusals.length} objects: ${list}${more}. Bring the cluster to what they need (versions, definitions, policies), or restore an older backup.`,
  );
}
