import type { System } from '../../systems/schema.js';
import type { Actor } from '../../workflows/incident/types.js';
import type { Identity } from './types.js';

/** Which of the system's people that is, by an id that a vendor's signature vouches for; `undefined` for anybody else. Pure. */
export function identify(system: System, identity: Identity): Actor | undefined {
  const found = Object.entries(system.people).find(([, { slack, pagerduty, email }]) => {
    if ('slack' in identity) return slack === identity.slack;
    if ('pagerduty' in identity) return pagerduty === identity.pagerduty;
    return email?.toLowerCase() === identity.email.toLowerCase();
  });
  if (!found) return undefined;
  return { id: found[0], person: found[0], via: 'slack' in identity ? 'slack' : 'pagerduty', proved: true };
}
