/** An object as the API server sends it. Every field survives, known here or not. */
export interface Thing {
  apiVersion: string;
  kind: string;
  metadata: ThingMeta;
  [field: string]: unknown;
}

export interface ThingMeta {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string; controller?: boolean }[];
  deletionTimestamp?: string;
  [field: string]: unknown;
}

/** A kind that the server offers in its preferred version. */
export interface Kind {
  apiVersion: string;
  kind: string;
  /** Plural name, as in paths. */
  resource: string;
  namespaced: boolean;
  /** Has a status of its own that writes to the object do not reach. */
  statusApart: boolean;
}

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/** Path of an API version, e.g. `/apis/apps/v1`. */
export const versionPath = (apiVersion: string): string =>
  groupOf(apiVersion) === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;

/** Path of a kind's objects, or of one of them. */
export function pathOf(kind: Kind, namespace?: string, name?: string): string {
  const parts = [
    ...(kind.namespaced && namespace !== undefined ? ['namespaces', namespace] : []),
    kind.resource,
    ...(name === undefined ? [] : [name]),
  ];
  return `${versionPath(kind.apiVersion)}/${parts.map(encodeURIComponent).join('/')}`;
}

/** `Deployment.apps`, `Secret`. */
export const kindName = ({ apiVersion, kind }: { apiVersion: string; kind: string }): string => {
  const group = groupOf(apiVersion);
  return group === '' ? kind : `${kind}.${group}`;
};

/** `Deployment.apps shop/web`, for people and as a key. */
export const nameOfThing = (thing: Thing): string => {
  const { name, namespace } = thing.metadata;
  return `${kindName(thing)} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
};

/** Groups that Kubernetes itself serves; everything else is somebody's extension, and somebody's controller acts on it. */
export const isBuiltIn = ({ apiVersion }: { apiVersion: string }): boolean => {
  const group = groupOf(apiVersion);
  return !group.includes('.') || BUILT_IN.has(group);
};

const BUILT_IN = new Set(
  [
    'admissionregistration',
    'apiextensions',
    'apiregistration',
    'authentication',
    'authorization',
    'certificates',
    'coordination',
    'discovery',
    'events',
    'flowcontrol.apiserver',
    'internal.apiserver',
    'networking',
    'node',
    'rbac.authorization',
    'resource',
    'scheduling',
    'storage',
    'storagemigration',
  ].map((name) => `${name}.k8s.io`),
);

/** A part of an object that should be a map; empty when it is not there. */
export const mapIn = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** A part of an object that should be a list of maps. */
export const listIn = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.map(mapIn) : []);

export const without = (map: Record<string, unknown>, ...keys: string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
