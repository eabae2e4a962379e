import { needsOf } from '../../inspect/quota.js';
import { quantity } from '../../inspect/quantity.js';
import type { PodSpec } from '../../model/objects.js';

type Overheaded = PodSpec & { overhead?: Record<string, string> };

/**
 * What one pod takes from each resource that a quota can bound: the larger of the sum of its containers and its largest init
 * container, and the runtime's overhead. Defaults that a LimitRange adds to new pods are not in a template. Pure.
 */
export function podNeeds(spec: PodSpec): Record<string, number> {
  const need = needsOf({ spec });
  const { overhead = {} }: Overheaded = spec;
  for (const [resource, text] of Object.entries(overhead)) {
    const more = quantity(text) ?? 0;
    for (const name of [resource, `requests.${resource}`]) need[name] = (need[name] ?? 0) + more;
  }
  return need;
}
