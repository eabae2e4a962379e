import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../../backup/errors.js';
import type { BackupRun } from '../../backup/types.js';
import { isStatus } from '../api/apiError.js';
import type { KubeList } from '../model/objects.js';
import { MANAGER } from '../write/annotations.js';
import type { Api } from './api.js';
import type { Thing } from './model.js';

/** Label of the namespaces of rehearsals; its value is the run. */
export const THROWAWAY = 'belay.dev/throwaway';
/** Label of namespaces that a restore has made; its value is the name that was asked for. */
export const RESTORED = 'belay.dev/restored';
/** Annotation: `<workflowId>/<runId>`. */
const RUN = 'belay.dev/run';

const BASE = '/api/v1/namespaces';
const POLL_MS = 250;
const ACCOUNT_MS = 15_000;

export const runOf = (run: BackupRun): string => `${run.workflowId}/${run.runId}`;

/** A label that says which rehearsal a namespace belongs to. Pure. */
export const throwawayLabel = (run: BackupRun): string =>
  /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(run.runId)
    ? run.runId
    : createHash('sha256').update(run.runId).digest('hex').slice(0, 32);

/**
 * Creates a namespace with our tag. One that this very run has made before is taken again. Throws `NameTaken` for any other. Waits
 * for its default service account, without which no pod is accepted.
 */
export async function createNamespace(
  api: Api,
  what: Pick<Thing, 'metadata'>,
  tag: { label: string; value: string },
  run: BackupRun,
): Promise<Thing> {
  const { name, labels, annotations } = what.metadata;
  const metadata = {
    name,
    labels: { ...labels, [tag.label]: tag.value },
    annotations: { ...annotations, [RUN]: runOf(run) },
  };
  const path = `${BASE}/${encodeURIComponent(name)}`;
  let made: Thing;
  try {
    const query = { fieldManager: MANAGER };
    made = (await api.ask<Thing>({ method: 'POST', path: BASE, query, body: { metadata } })).body;
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
    made = await api.get<Thing>(path);
    const ours = made.metadata.labels?.[tag.label] === tag.value && made.metadata.annotations?.[RUN] === runOf(run);
    if (!ours || made.metadata.deletionTimestamp !== undefined)
      throw backupError(
        'NameTaken',
        `Namespace ${name} exists already, and this run has not made it. Choose another name.`,
      );
  }
  const end = Date.now() + ACCOUNT_MS;
  while (Date.now() < end) {
    if ((await orMissing(api.get<Thing>(`${path}/serviceaccounts/default`))) !== undefined) break;
    await sleep(POLL_MS, undefined, { signal: api.signal });
  }
  return made;
}

export const listNamespaces = async (api: Api, labelSelector: string): Promise<Thing[]> =>
  (await api.get<KubeList<Thing>>(BASE, { labelSelector })).items;

export const readNamespace = (api: Api, name: string): Promise<Thing | undefined> =>
  orMissing(api.get<Thing>(`${BASE}/${encodeURIComponent(name)}`));

/** Deletes exactly this namespace, and waits until it is gone. Throws `Stalled` when it lingers. Safe to repeat. */
export async function deleteNamespace(api: Api, namespace: Thing, waitMs: number): Promise<void> {
  const { name, uid } = namespace.metadata;
  const path = `${BASE}/${encodeURIComponent(name)}`;
  const isGone = async () => (await orMissing(api.get<Thing>(path)))?.metadata['uid'] !== uid;
  try {
    await api.ask({ method: 'DELETE', path, body: { preconditions: { uid } } });
  } catch (error) {
    if (isStatus(error, 404)) return;
    // Being deleted already, or another one has its name.
    if (!isStatus(error, 409)) throw error;
  }
  const end = Date.now() + waitMs;
  while (!(await isGone())) {
    if (Date.now() >= end)
      throw backupError(
        'Stalled',
        `Namespace ${name} is being deleted but not gone yet; see its status for what holds it.`,
      );
    api.progress(`waiting until namespace ${name} is gone`);
    await sleep(POLL_MS, undefined, { signal: api.signal });
  }
}

async function orMissing<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}
