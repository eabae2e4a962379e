import type { Pod } from '../model/objects.js';

/** Distinct `imageID` digests by container of pods that run. */
export function digestsOf(pods: Pod[]): Record<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const pod of pods) {
    for (const status of pod.status?.containerStatuses ?? []) {
      const digest = /sha256:[0-9a-f]{64}/.exec(status.imageID ?? '')?.[0];
      if (digest === undefined || status.state?.running === undefined) continue;
      found.set(status.name, (found.get(status.name) ?? new Set()).add(digest));
    }
  }
  return Object.fromEntries([...found].map(([name, digests]) => [name, [...digests].toSorted()]));
}
