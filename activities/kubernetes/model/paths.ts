import type { WorkloadKind, WorkloadRef } from '../types.js';

const PLURAL = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const;

const segment = encodeURIComponent;

export const pluralOf = (kind: WorkloadKind): string => PLURAL[kind];

export const workloadsPath = (ref: WorkloadRef): string =>
  `/apis/apps/v1/namespaces/${segment(ref.namespace)}/${PLURAL[ref.kind]}`;

export const workloadPath = (ref: WorkloadRef): string => `${workloadsPath(ref)}/${segment(ref.name)}`;

/** Where the kind keeps the templates of its revisions. */
export const revisionsPath = (ref: WorkloadRef): string =>
  `/apis/apps/v1/namespaces/${segment(ref.namespace)}/${ref.kind === 'Deployment' ? 'replicasets' : 'controllerrevisions'}`;

/** A core/v1 resource of the namespace, e.g. `corePath('prod', 'pods', 'web-1')`. */
export const corePath = (namespace: string, resource: string, name?: string): string =>
  `/api/v1/namespaces/${segment(namespace)}/${resource}${name === undefined ? '' : `/${segment(name)}`}`;
