import { kindName, listIn, mapIn, type Thing } from './model.js';

/** Kinds that controllers write all by themselves, or that tell of a moment. */
const PASSING = new Map<string, string>([
  ['Event', 'tells of a moment'],
  ['Event.events.k8s.io', 'tells of a moment'],
  ['Endpoints', 'made from Services'],
  ['EndpointSlice.discovery.k8s.io', 'made from Services'],
  ['Lease.coordination.k8s.io', 'held by a process'],
  ['CSIStorageCapacity.storage.k8s.io', 'reported by storage drivers'],
  ['ControllerRevision.apps', 'made from workloads'],
]);

/** Why no object of this kind is saved; undefined when they are. Pure. */
export function skipsKind(kind: { apiVersion: string; kind: string }, excluded: readonly string[]): string | undefined {
  const name = kindName(kind);
  if (excluded.includes(kind.kind) || excluded.includes(name)) return "left out by the system's description";
  return PASSING.get(name);
}

/** Why this object is not saved; undefined when it is. Pure. */
export function skips(thing: Thing): string | undefined {
  const { metadata } = thing;
  if (metadata.deletionTimestamp !== undefined) return 'being deleted';
  if (metadata.ownerReferences?.some((owner) => owner.controller)) return 'made anew by their controllers';
  if (metadata.labels?.['belay.dev/throwaway'] !== undefined) return 'throwaway of a rehearsal';
  switch (kindName(thing)) {
    case 'Secret':
      return thing['type'] === 'kubernetes.io/service-account-token'
        ? 'tokens that the cluster issues anew'
        : undefined;
    case 'ConfigMap':
      return metadata.name === 'kube-root-ca.crt' ? 'written by the cluster' : undefined;
    case 'Job.batch':
      return hasEnded(thing) ? 'ended: restoring them would run them again' : undefined;
    case 'Pod':
      return ['Succeeded', 'Failed'].includes(String(mapIn(thing['status'])['phase']))
        ? 'ended: restoring them would run them again'
        : undefined;
    default:
      return undefined;
  }
}

const hasEnded = (job: Thing): boolean =>
  listIn(mapIn(job['status'])['conditions']).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
