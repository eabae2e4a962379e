import type { ObjectRef, SavedKind } from './types.js';

interface Resource {
  apiVersion: string;
  /** Name of the resource in paths and rights. */
  plural: string;
}

/** Everything that an emergency touches, as the API server serves it. */
export const RESOURCES: Record<SavedKind, Resource> = {
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments' },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets' },
  DaemonSet: { apiVersion: 'apps/v1', plural: 'daemonsets' },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers' },
  ScaledObject: { apiVersion: 'keda.sh/v1alpha1', plural: 'scaledobjects' },
  CronJob: { apiVersion: 'batch/v1', plural: 'cronjobs' },
  Application: { apiVersion: 'argoproj.io/v1alpha1', plural: 'applications' },
  Kustomization: { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', plural: 'kustomizations' },
  HelmRelease: { apiVersion: 'helm.toolkit.fluxcd.io/v2', plural: 'helmreleases' },
  Ingress: { apiVersion: 'networking.k8s.io/v1', plural: 'ingresses' },
  HTTPRoute: { apiVersion: 'gateway.networking.k8s.io/v1', plural: 'httproutes' },
};

/** API group of a kind, e.g. `apps`. */
export const groupOf = (kind: SavedKind): string => RESOURCES[kind].apiVersion.split('/')[0] ?? '';

/** Path of a namespaced resource of a named API group. */
export const groupPath = (apiVersion: string, namespace: string, plural: string): string =>
  `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/${plural}`;

/** Path of all objects of a kind in a namespace. */
export const listPath = (kind: SavedKind, namespace: string): string =>
  groupPath(RESOURCES[kind].apiVersion, namespace, RESOURCES[kind].plural);

/** Path of one object. */
export const objectPath = ({ kind, namespace, name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string =>
  `${listPath(kind, namespace)}/${encodeURIComponent(name)}`;
