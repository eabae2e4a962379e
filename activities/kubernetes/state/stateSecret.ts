import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ApplicationFailure } from '@temporalio/common';
import type { PodTemplate, Secret, Workload } from '../model/objects.js';
import { templateHash } from '../model/templateHash.js';
import type { SavedState, WorkloadRef } from '../types.js';

export const VERIFIED_AT = 'belay.dev/verified-at';

/** What a Secret holds beside the template. */
export interface StateMeta extends Omit<SavedState, 'secret' | 'verifiedAt'> {
  uid: string;
  run: string;
}

/** Longest label value, and a safe bound for generated names. */
const LABEL_MAX = 63;

const shortened = (name: string, max: number): string =>
  name.length <= max
    ? name
    : `${name.slice(0, max - 11)}-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`;

export const stateName = (ref: WorkloadRef, version: number): string =>
  `belay-state-${ref.kind.toLowerCase()}-${shortened(ref.name, 200)}-${version}`;

export const quarantineName = (ref: WorkloadRef): string =>
  `belay-quarantine-${ref.kind.toLowerCase()}-${shortened(ref.name, 200)}`;

export const ourLabels = (ref: WorkloadRef): Record<string, string> => ({
  'app.kubernetes.io/managed-by': 'belay',
  'belay.dev/kind': ref.kind,
  'belay.dev/workload': shortened(ref.name, LABEL_MAX),
});

/** Garbage goes with the workload; `controller` stays unset, so that no controller adopts it. */
export const ownedBy = (ref: WorkloadRef, uid: string) => [
  { apiVersion: 'apps/v1', kind: ref.kind, name: ref.name, uid, blockOwnerDeletion: false },
];

export function packState(ref: WorkloadRef, workload: Workload, meta: StateMeta) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    // Only the annotation that says "verified" ever changes.
    immutable: true,
    metadata: {
      name: stateName(ref, meta.version),
      labels: ourLabels(ref),
      ownerReferences: ownedBy(ref, meta.uid),
    },
    data: {
      'template.json.gz': gzipSync(JSON.stringify(workload.spec.template)).toString('base64'),
      'meta.json': Buffer.from(JSON.stringify(meta)).toString('base64'),
    },
  };
}

export function metaOf(secret: Secret): StateMeta | undefined {
  const text = Buffer.from(secret.data?.['meta.json'] ?? '', 'base64').toString();
  try {
    return JSON.parse(text) as StateMeta;
  } catch {
    return undefined;
  }
}

export function asSavedState(secret: Secret, meta: StateMeta): SavedState {
  const { uid: _, run: __, ...state } = meta;
  const verifiedAt = secret.metadata.annotations?.[VERIFIED_AT];
  return { ...state, secret: secret.metadata.name, ...(verifiedAt === undefined ? {} : { verifiedAt }) };
}

/** The template; throws `SavedStateCorrupt` (final) when it is not the one whose hash was noted. */
export function unpackTemplate(secret: Secret, meta: StateMeta | undefined): PodTemplate {
  const name = secret.metadata.name;
  try {
    const packed = Buffer.from(secret.data?.['template.json.gz'] ?? '', 'base64');
    const template = JSON.parse(gunzipSync(packed).toString()) as PodTemplate;
    if (meta && templateHash(template) === meta.templateHash) return template;
  } catch {
    // Told below: what exactly is broken does not change what to do.
  }
  throw ApplicationFailure.nonRetryable(
    `Saved state ${name} is damaged: its template does not match its hash. Choose another saved state or a revision.`,
    'SavedStateCorrupt',
  );
}
