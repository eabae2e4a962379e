import type { Json, ObjectKey, ObjectRef, Place, SavedObject } from '../../activities/kubernetes/emergency/types.js';
import type { EmergencyPolicy } from '../../systems/schema.js';

/** Ingress class and node label that nothing has. */
const NOBODY = 'belay-stopped';
const NO_NODE = 'belay.dev/stopped';
const CLAIMS = '/spec/persistentVolumeClaimRetentionPolicy/whenScaled';

type Fields = Record<string, Json>;
type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How an object is called: `Deployment/web`, or `Application argocd/web` outside of the system's own namespace. Pure. */
export function keyOf(place: Pick<Place, 'namespace'>, ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): ObjectKey {
  return ref.namespace === place.namespace ? `${ref.kind}/${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/**
 * What the fields of a saved object are set to while the system is down; undefined when it is left alone. Each can be undone by
 * putting the saved fields back: nothing is deleted. Pure.
 */
export function stopFields({ ref, fields }: SavedObject, traffic: EmergencyPolicy['traffic']): Fields | undefined {
  switch (ref.kind) {
    case 'Deployment':
      return { '/spec/replicas': 0 };
    case 'StatefulSet':
      // Scaled to zero, such a one would delete the volume claims of its pods, and the data with them.
      return { '/spec/replicas': 0, ...(fields[CLAIMS] === 'Delete' && { [CLAIMS]: 'Retain' }) };
    case 'DaemonSet':
      return {
        '/spec/template/spec/nodeSelector': {
          ...objectAt(fields, '/spec/template/spec/nodeSelector'),
          [NO_NODE]: 'true',
        },
      };
    case 'HorizontalPodAutoscaler':
      return { '/spec/behavior': heldStill(objectAt(fields, '/spec/behavior')) };
    case 'ScaledObject':
      return { '/metadata/annotations/autoscaling.keda.sh~1paused-replicas': '0' };
    case 'CronJob':
    case 'Kustomization':
    case 'HelmRelease':
      return { '/spec/suspend': true };
    case 'Application':
      // Without this section an application is synchronised by hand only.
      return { '/spec/syncPolicy/automated': null };
    case 'Ingress':
      return ingressFields(fields, traffic);
    case 'HTTPRoute':
      return routeFields(fields, traffic);
  }
}

const objectAt = (fields: Fields, pointer: string): JsonObject => {
  const value = fields[pointer];
  return isObject(value) ? value : {};
};

/** An autoscaler whose two directions are off neither wakes what it had put to sleep itself nor fights a recovery. */
function heldStill(behavior: JsonObject): JsonObject {
  const off = (direction: string): JsonObject => ({ ...objectAt(behavior, direction), selectPolicy: 'Disabled' });
  return { ...behavior, scaleUp: off('scaleUp'), scaleDown: off('scaleDown') };
}

const CLASS_MARK = '/metadata/annotations/kubernetes.io~1ingress.class';

function ingressFields(fields: Fields, traffic: EmergencyPolicy['traffic']): Fields | undefined {
  if (traffic === 'leave') return undefined;
  if (traffic === 'detach')
    return typeof fields[CLASS_MARK] === 'string' ? { [CLASS_MARK]: NOBODY } : { '/spec/ingressClassName': NOBODY };
  const backend = { service: { name: traffic.service, port: { number: traffic.port } } };
  const rules = fields['/spec/rules'];
  return {
    ...(Array.isArray(rules) && { '/spec/rules': rules.map((rule) => withBackend(rule, backend)) }),
    '/spec/defaultBackend': backend,
  };
}

function withBackend(rule: Json, backend: Json): Json {
  if (!isObject(rule)) return rule;
  const http = rule['http'];
  if (!isObject(http) || !Array.isArray(http['paths'])) return rule;
  const paths = http['paths'].map((path) => (isObject(path) ? { ...path, backend } : path));
  return { ...rule, http: { ...http, paths } };
}

function routeFields(fields: Fields, traffic: EmergencyPolicy['traffic']): Fields | undefined {
  if (traffic === 'leave') return undefined;
  if (traffic === 'detach') return { '/spec/parentRefs': null };
  const backendRefs = [{ name: traffic.service, port: traffic.port }];
  const rules = fields['/spec/rules'];
  return {
    '/spec/rules': Array.isArray(rules)
      ? rules.map((rule) => (isObject(rule) ? { ...rule, backendRefs } : rule))
      : [{ backendRefs }],
  };
}
