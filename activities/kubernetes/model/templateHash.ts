import { createHash } from 'node:crypto';
import stringify from 'fast-json-stable-stringify';
import type { PodTemplate } from './objects.js';

/** Added by the Deployment controller to a ReplicaSet's copy of the template. */
const HASH_LABEL = 'pod-template-hash';

/**
 * A template as its author wrote it: without the ReplicaSet's own label, a ControllerRevision's patch directive, and nulls (which
 * servers before 1.31 send as `creationTimestamp: null`). All other fields stay, known here or not.
 */
export function plainTemplate(template: PodTemplate): PodTemplate {
  const { $patch: _, ...rest } = template as PodTemplate & { $patch?: string };
  const metadata = Object.fromEntries(Object.entries(rest.metadata ?? {}).filter(([, value]) => value !== null));
  const labels = rest.metadata?.labels;
  if (labels) metadata['labels'] = Object.fromEntries(Object.entries(labels).filter(([key]) => key !== HASH_LABEL));
  return { ...rest, metadata };
}

const computed = new WeakMap<PodTemplate, string>();

/** sha256 (hex) of the template's canonical JSON. Equal for a workload and its ReplicaSet or ControllerRevision. */
export function templateHash(template: PodTemplate): string {
  let hash = computed.get(template);
  if (hash === undefined) {
    hash = createHash('sha256')
      .update(stringify(plainTemplate(template)))
      .digest('hex');
    computed.set(template, hash);
  }
  return hash;
}
