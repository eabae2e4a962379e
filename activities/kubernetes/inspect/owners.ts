import type { KubeObject } from '../model/objects.js';
import type { WorkloadFacts } from '../types.js';

type Owner = WorkloadFacts['owners'][number];

/** Controllers and tools that may write the change back, by the marks that they leave. Pure. */
export function ownersOf(workload: KubeObject): Owner[] {
  return [argoCd(workload), flux(workload), helm(workload)].filter((owner) => owner !== undefined);
}

const marksOf = ({ metadata }: KubeObject): Record<string, string> => ({ ...metadata.labels, ...metadata.annotations });

function argoCd(workload: KubeObject): Owner | undefined {
  const marks = marksOf(workload);
  const tracked = marks['argocd.argoproj.io/tracking-id']?.split(':')[0] ?? marks['argocd.argoproj.io/instance'];
  // Argo CD's default is a label that others use too; then only its field manager tells.
  const manages = workload.metadata.managedFields?.some((field) => field.manager?.startsWith('argocd')) ?? false;
  const app = tracked ?? (manages ? (marks['app.kubernetes.io/instance'] ?? 'unknown') : undefined);
  return app === undefined ? undefined : { manager: 'Argo CD', detail: `application ${app}` };
}

function flux(workload: KubeObject): Owner | undefined {
  const marks = marksOf(workload);
  for (const [prefix, what] of [
    ['kustomize.toolkit.fluxcd.io', 'Kustomization'],
    ['helm.toolkit.fluxcd.io', 'HelmRelease'],
  ] as const) {
    const name = marks[`${prefix}/name`];
    if (name !== undefined)
      return { manager: 'Flux', detail: `${what} ${marks[`${prefix}/namespace`] ?? '?'}/${name}` };
  }
  return undefined;
}

function helm(workload: KubeObject): Owner | undefined {
  const marks = marksOf(workload);
  const release = marks['meta.helm.sh/release-name'];
  if (release === undefined || marks['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
  return { manager: 'Helm', detail: `release ${marks['meta.helm.sh/release-namespace'] ?? '?'}/${release}` };
}
