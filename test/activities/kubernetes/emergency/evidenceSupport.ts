import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore, type EvidenceStore } from '../../../../activities/evidence/index.js';
import { collectEvidence } from '../../../../activities/kubernetes/emergency/collectEvidence.js';
import { withPlace } from '../../../../activities/kubernetes/emergency/place.js';
import type { EmergencyActivities, ObjectRef } from '../../../../activities/kubernetes/emergency/types.js';
import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import type { WorkloadRef } from '../../../../activities/kubernetes/types.js';
import { type Cluster, live, runner, runRef } from '../support.js';

type Input = Parameters<EmergencyActivities['collectEvidence']>[0];

export const SYSTEM = 'shop';

/** A store in a new folder, and everything that is in it. */
export async function folderStore() {
  const root = await mkdtemp(join(tmpdir(), 'belay-evidence-'));
  const texts = async (): Promise<Map<string, string>> => {
    const names = await readdir(root, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const read = await Promise.all(
      files.map(async (file) => [file.slice(root.length + 1), await readFile(file, 'utf8')] as const),
    );
    return new Map(read.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  return { root, store: createFolderStore(root), texts };
}

/** The refs with the UIDs that the objects have now. */
export const refsOf = (where: Cluster, refs: WorkloadRef[]): Promise<ObjectRef[]> =>
  Promise.all(refs.map(async (ref) => ({ ...ref, apiVersion: 'apps/v1', uid: (await live(where, ref)).metadata.uid })));

export const inputOf = (where: Cluster, id: string, workloads: ObjectRef[]): Input => ({
  place: { namespace: where.namespace },
  system: SYSTEM,
  id,
  workloads,
  run: runRef(),
});

/** Runs the activity with clients that may be doctored; `cancel` cancels it. */
export function collecting(clients: KubeClients, store: EvidenceStore, input: Input) {
  const { run, cancel, beats } = runner({ startToCloseTimeoutMs: 30_000 });
  const activity = (given: Input) =>
    withPlace(
      () => clients,
      given.place,
      (cluster) => collectEvidence(cluster, given, store),
    );
  return { done: run(activity, input), cancel, beats };
}
