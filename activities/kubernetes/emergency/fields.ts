import type { Json, SavedKind } from './types.js';

const KEDA = '/metadata/annotations/autoscaling.keda.sh~1';

/** Every field that Belay may change in an emergency, by kind, as JSON pointers. No other one is ever written. */
export const FIELDS: Record<SavedKind, readonly string[]> = {
  Deployment: ['/spec/replicas'],
  // One that deletes its claims when it is scaled down would lose its data.
  StatefulSet: ['/spec/replicas', '/spec/persistentVolumeClaimRetentionPolicy/whenScaled'],
  DaemonSet: ['/spec/template/spec/nodeSelector'],
  HorizontalPodAutoscaler: ['/spec/behavior'],
  ScaledObject: [`${KEDA}paused-replicas`, `${KEDA}paused`],
  CronJob: ['/spec/suspend'],
  Application: ['/spec/syncPolicy/automated'],
  Kustomization: ['/spec/suspend'],
  HelmRelease: ['/spec/suspend'],
  Ingress: [
    '/spec/rules',
    '/spec/defaultBackend',
    '/spec/ingressClassName',
    '/metadata/annotations/kubernetes.io~1ingress.class',
  ],
  HTTPRoute: ['/spec/rules', '/spec/parentRefs'],
};

/** The value at a JSON pointer (RFC 6901) of an object as the API server sent it; null where there is none. Pure. */
export function readField(object: unknown, pointer: string): Json {
  const keys = pointer.split('/').slice(1);
  let value = object;
  for (const key of keys.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = Reflect.get(value, key);
  }
  return (value ?? null) as Json;
}

/** All fields of an object that Belay may change. Pure. */
export const fieldsOf = (kind: SavedKind, object: unknown): Record<string, Json> =>
  Object.fromEntries(FIELDS[kind].map((pointer) => [pointer, readField(object, pointer)]));
