import type { ManagedFields, Workload } from '../model/objects.js';

/** Which field decides on the number of pods, as `managedFields` spells it. */
const FIELD = {
  replicas: ['f:spec', 'f:replicas'],
  nodeSelector: ['f:spec', 'f:template', 'f:spec', 'f:nodeSelector'],
};

/** `, last written by kubectl at 2026-05-01T10:00:00Z`, of the one that wrote the field last; empty when nobody is known. Pure. */
export function lastWriter({ metadata }: Workload, field: keyof typeof FIELD): string {
  const [last] = (metadata.managedFields ?? [])
    .filter((one) => one.time !== undefined && holds(one, FIELD[field]))
    .toSorted((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''));
  return last === undefined ? '' : `, last written by ${last.manager ?? 'somebody without a name'} at ${last.time}`;
}

function holds(one: ManagedFields & { fieldsV1?: unknown }, path: string[]): boolean {
  let at = one.fieldsV1;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = Reflect.get(at, key);
  }
  return true;
}
