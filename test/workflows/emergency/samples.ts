import type { Json, SavedKind, SavedObject } from '../../../activities/kubernetes/emergency/types.js';

const roles: Partial<Record<SavedKind, SavedObject['role']>> = {
  Deployment: 'workload',
  StatefulSet: 'workload',
  DaemonSet: 'workload',
  Ingress: 'route',
  HTTPRoute: 'route',
};

/** An object as a snapshot holds it. */
export function saved(
  kind: SavedKind,
  name: string,
  fields: Record<string, Json>,
  more: Partial<Pick<SavedObject, 'tier' | 'target' | 'facts'>> & { namespace?: string } = {},
): SavedObject {
  const { namespace = 'shop', facts = {}, ...rest } = more;
  const ref = { kind, apiVersion: 'v1', namespace, name, uid: `uid-${kind}-${name}` };
  return { ref, role: roles[kind] ?? 'waker', fields, facts, ...rest };
}
