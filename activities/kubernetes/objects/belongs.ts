import { kindName, listIn, mapIn, type Thing } from './model.js';

/**
 * Whether an object outside of namespaces belongs to what was saved of them: definitions of their custom resources, classes that
 * they name, roles that are bound there, bindings and volumes of theirs. Of any other kind that the description names, every
 * object does. Pure; call it again with the bindings that it found, for the roles that only those name.
 */
export function belongs(thing: Thing, saved: readonly Thing[], namespaces: readonly string[]): boolean {
  if (thing.metadata.labels?.['kubernetes.io/bootstrapping'] !== undefined) return false;
  const name = thing.metadata.name;
  const spec = mapIn(thing['spec']);
  switch (kindName(thing)) {
    case 'CustomResourceDefinition.apiextensions.k8s.io': {
      const kind = `${String(mapIn(spec['names'])['kind'])}.${String(spec['group'])}`;
      return saved.some((one) => kindName(one) === kind);
    }
    case 'StorageClass.storage.k8s.io':
      return saved.some((one) => storageClasses(one).includes(name));
    case 'PriorityClass.scheduling.k8s.io':
      return (
        saved.some((one) => podSpecs(one).some((pod) => pod['priorityClassName'] === name)) &&
        !name.startsWith('system-')
      );
    case 'IngressClass.networking.k8s.io':
      return saved.some(
        (one) => kindName(one).startsWith('Ingress.') && mapIn(one['spec'])['ingressClassName'] === name,
      );
    case 'PersistentVolume':
      return namespaces.includes(String(mapIn(spec['claimRef'])['namespace']));
    case 'ClusterRole.rbac.authorization.k8s.io':
      return saved.some(({ roleRef }) => mapIn(roleRef)['kind'] === 'ClusterRole' && mapIn(roleRef)['name'] === name);
    case 'ClusterRoleBinding.rbac.authorization.k8s.io':
      return listIn(thing['subjects']).some(
        (subject) =>
          namespaces.includes(String(subject['namespace'])) ||
          namespaces.some((one) => subject['name'] === `system:serviceaccounts:${one}`),
      );
    default:
      return true;
  }
}

function storageClasses(thing: Thing): unknown[] {
  const spec = mapIn(thing['spec']);
  const claims = listIn(spec['volumeClaimTemplates']).map((claim) => mapIn(claim['spec']));
  return [spec, ...claims].map((one) => one['storageClassName']);
}

function podSpecs(thing: Thing): Record<string, unknown>[] {
  const spec = mapIn(thing['spec']);
  const job = mapIn(mapIn(spec['jobTemplate'])['spec']);
  return [spec, mapIn(mapIn(spec['template'])['spec']), mapIn(mapIn(job['template'])['spec'])];
}
