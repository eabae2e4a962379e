import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig, RbacAuthorizationV1Api, type V1PolicyRule } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { projectRoot } from '../../sandbox/kit/paths.js';
import type { Site } from './site.js';

const NAME = 'belay-worker';

/** The rules that `deploy/rbac` grants. */
export async function deployedRules(): Promise<V1PolicyRule[]> {
  const text = await readFile(join(projectRoot(), 'deploy', 'rbac', 'clusterrole.yaml'), 'utf8');
  return (parse(text) as { rules: V1PolicyRule[] }).rules;
}

/** The same without one verb on Deployments. */
export const withoutOnDeployments = (rules: V1PolicyRule[], verb: string): V1PolicyRule[] =>
  rules.map((rule) =>
    rule.resources?.includes('deployments')
      ? Object.assign({}, rule, { verbs: rule.verbs.filter((one) => one !== verb) })
      : rule,
  );

/** A service account of the site's namespace with these rights; its kubeconfig is written to `file`. */
export async function createIdentity(site: Site, rules: V1PolicyRule[], file: string): Promise<void> {
  const { cluster, name: namespace } = site;
  const rbac = cluster.config.makeApiClient(RbacAuthorizationV1Api);
  const metadata = { name: NAME, namespace };
  await cluster.core.createNamespacedServiceAccount({ namespace, body: { metadata } });
  await rbac.createNamespacedRole({ namespace, body: { metadata, rules } });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
    },
  });
  const { status } = await cluster.core.createNamespacedServiceAccountToken({
    name: NAME,
    namespace,
    body: { spec: { audiences: [] } },
  });
  const config = new KubeConfig();
  const server = cluster.config.getCurrentCluster();
  if (!server) throw new Error('the kubeconfig has no current cluster');
  config.loadFromClusterAndUser(server, { name: NAME, token: status?.token ?? '' });
  await writeFile(file, config.exportConfig(), { mode: 0o600 });
}

/** Changes the rights of the identity; the API server follows within moments. */
export async function setRules(site: Site, rules: V1PolicyRule[]): Promise<void> {
  const { cluster, name: namespace } = site;
  const rbac = cluster.config.makeApiClient(RbacAuthorizationV1Api);
  await rbac.replaceNamespacedRole({ name: NAME, namespace, body: { metadata: { name: NAME, namespace }, rules } });
}
