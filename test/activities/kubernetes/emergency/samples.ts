import type { SurveyInput } from '../../../../activities/kubernetes/emergency/types.js';
import type { OwnerReference, Pod } from '../../../../activities/kubernetes/model/objects.js';

/** Objects as an API server lists them; tests vary them. */
export const input: SurveyInput = { place: { namespace: 'prod' }, system: 'shop', workloads: [], gitops: [] };
export const meta = (name: string, more: object = {}) => ({ metadata: { name, uid: `uid-${name}`, ...more } });

export const owner = (kind: string, name: string): OwnerReference => ({
  apiVersion: 'v1',
  kind,
  name,
  uid: `uid-${name}`,
  controller: true,
});

export const pod = (name: string, ownedBy?: OwnerReference, hash?: string, more: object = {}): Pod => ({
  ...meta(name, {
    ...(ownedBy ? { ownerReferences: [ownedBy] } : {}),
    ...(hash === undefined ? {} : { labels: { 'pod-template-hash': hash } }),
    ...more,
  }),
  spec: { containers: [] },
});
