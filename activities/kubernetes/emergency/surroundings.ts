import type { EndpointSlice, Holdings } from './shapes.js';
import type { Surroundings } from './types.js';

const SERVICE = 'kubernetes.io/service-name';

/** What is told and never touched. Pure. */
export function surroundingsOf(
  holdings: Pick<Holdings, 'services' | 'endpointSlices' | 'jobs' | 'budgets'>,
): Surroundings {
  const ready = readyByService(holdings.endpointSlices);
  return {
    services: holdings.services.map(({ metadata: { name } }) => ({ name, readyEndpoints: ready.get(name)?.size ?? 0 })),
    runningJobs: holdings.jobs
      .filter(({ status }) => (status?.active ?? 0) > 0)
      .map(({ metadata, status }) => {
        const cronJob = metadata.ownerReferences?.find((owner) => owner.kind === 'CronJob')?.name;
        return { name: metadata.name, active: status?.active ?? 0, ...(cronJob === undefined ? {} : { cronJob }) };
      }),
    budgets: holdings.budgets.map(({ metadata, status }) => ({
      name: metadata.name,
      disruptionsAllowed: status?.disruptionsAllowed ?? 0,
    })),
  };
}

/** A pod with an address of each IP family is in two slices, and is one endpoint. */
function readyByService(slices: EndpointSlice[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { metadata, endpoints } of slices) {
    const service = metadata.labels?.[SERVICE];
    if (service === undefined) continue;
    const targets = found.get(service) ?? new Set<string>();
    found.set(service, targets);
    for (const { addresses = [], conditions, targetRef } of endpoints ?? []) {
      if (conditions?.ready !== false) targets.add(targetRef?.uid ?? addresses[0] ?? '');
    }
  }
  return found;
}
