import { createHash } from 'node:crypto';

/**
 * The same delivery twice has the same id: made of what says something new (which alerts, in which state, of which episode), and of nothing that
 * differs between the members of an Alertmanager cluster or between two sendings (address, reason, annotations with live values).
 */
export function deliveryId(
  source: string,
  group: string,
  alerts: readonly { fingerprint: string; status: string; startsAt: number }[],
): string {
  const facts = alerts
    .map(({ fingerprint, status, startsAt }) => JSON.stringify([fingerprint, status, startsAt]))
    .toSorted();
  return createHash('sha256')
    .update(JSON.stringify([source, group, facts]))
    .digest('hex');
}
