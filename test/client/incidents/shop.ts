import type { IncidentSystem, SourceAlert } from '../../../client/incidents/port.js';
import { systemSchema } from '../../../systems/schema.js';
import type { SystemInput } from '../../../systems/schema.js';

type IncidentsInput = NonNullable<SystemInput['incidents']>;

/** A description with three severities and whatever else of incidents a test needs. */
export function shopInput(incidents: Partial<IncidentsInput> = {}, name = 'shop'): SystemInput {
  const ladder = { levels: [{ name: 'first', afterSeconds: 0, notify: [{ person: 'alice' }] }] };
  return {
    name,
    title: 'Shop',
    channels: { sms: { type: 'webhook', url: 'https://sms.example.org/', secret: 'env:SMS_KEY' } },
    people: { alice: { name: 'Alice', phone: '+1-555-0100', contacts: [{ channel: 'sms' }] } },
    incidents: {
      severities: [
        { id: 'P1', policy: 'ladder' },
        { id: 'P2', policy: 'ladder' },
        { id: 'P3', policy: 'ladder' },
      ],
      policies: { ladder },
      ...incidents,
    },
  };
}

/** The same, as it is once it was read. */
export function shop(incidents: Partial<IncidentsInput> = {}, name = 'shop'): IncidentSystem {
  const system = systemSchema.parse(shopInput(incidents, name));
  if (!system.incidents) throw new Error('the description has no incidents');
  return { ...system, incidents: system.incidents };
}

/** An alert of source `am` that fires since 1,000 ms after the epoch. */
export function alert(labels: Record<string, string>, more: Partial<SourceAlert> = {}): SourceAlert {
  return {
    fingerprint: `am/${JSON.stringify(labels)}`,
    status: 'firing',
    startsAt: 1_000,
    name: labels['alertname'] ?? 'alert',
    labels,
    ...more,
  };
}
