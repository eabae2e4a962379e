import { createHash } from 'node:crypto';
import { segment } from '../../evidence/index.js';

const MAX_NAME = 200;

/** Name of the ConfigMap of a snapshot. An id that is no Kubernetes name gets a hash, so that two ids never meet. Pure. */
export function configMapName(id: string): string {
  const safe = id
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, MAX_NAME)
    .replace(/^-+|-+$/g, '');
  return `belay-snapshot-${safe === id ? id : `${safe}-${createHash('sha256').update(id).digest('hex').slice(0, 10)}`}`;
}

/** Folder of a system's snapshots in the evidence store. Pure. */
export const folderKey = (system: string): string => `snapshots/${segment(system)}/`;

export const snapshotKey = (system: string, id: string): string => `${folderKey(system)}${segment(id)}.json`;

/** What says that the shutdown of a snapshot was recovered. Pure. */
export const closedKey = (system: string, id: string): string => `${folderKey(system)}${segment(id)}.closed.json`;
