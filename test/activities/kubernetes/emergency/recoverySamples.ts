import { keyOf } from '../../../../activities/kubernetes/emergency/place.js';
import type { Returning } from '../../../../activities/kubernetes/emergency/recovery/identity.js';
import type { VolumedWorkload } from '../../../../activities/kubernetes/emergency/shapes.js';
import type { SavedObject } from '../../../../activities/kubernetes/emergency/types.js';
import type { WorkloadKind } from '../../../../activities/kubernetes/types.js';
import { workload } from '../samples.js';

export const place = { namespace: 'prod' };

export interface Sample {
  kind?: WorkloadKind;
  name?: string;
  replicas?: number;
  running?: number;
  /** Of the pod template. */
  spec?: object;
  /** Of the workload. */
  more?: object;
}

/** A workload that comes back, with one container. */
export function comingBack({
  kind = 'Deployment',
  name = 'web',
  replicas = 2,
  running = 0,
  ...rest
}: Sample): Returning {
  const sample = workload(kind);
  const spec = { containers: [{ name: 'app', image: 'team/web:2.0' }], ...rest.spec };
  const live: VolumedWorkload = {
    ...sample,
    metadata: { ...sample.metadata, name, uid: `uid-${name}` },
    spec: { ...sample.spec, ...rest.more, template: { ...sample.spec.template, spec } },
  };
  return { kind, workload: live, pods: [], key: keyOf(place, { kind, namespace: 'prod', name }), replicas, running };
}

export function savedObject(
  kind: SavedObject['ref']['kind'],
  name: string,
  more: Partial<Pick<SavedObject, 'fields' | 'facts' | 'role'>> & { uid?: string } = {},
): SavedObject {
  const { uid = `uid-${name}`, ...rest } = more;
  return {
    ref: { kind, apiVersion: 'v1', namespace: 'prod', name, uid },
    role: 'workload',
    fields: kind === 'Deployment' ? { '/spec/replicas': 2 } : {},
    facts: {},
    ...rest,
  };
}
