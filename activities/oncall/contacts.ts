import type { Person } from '../../systems/peopleSchema.js';
import type { Channel } from '../../systems/schema.js';
import type { ResolvedContact } from './types.js';

/** Why a person cannot be reached through a channel, or undefined. */
function hindrance(person: Person, channel: Channel | undefined): string | undefined {
  switch (channel?.type) {
    case undefined:
      return 'there is no such channel';
    case 'slack':
      return person.slack === undefined ? 'their `slack` member id is missing' : undefined;
    case 'mail':
      return person.email === undefined ? 'their `email` is missing' : undefined;
    case 'statuspage':
      return 'a status page reaches no person';
    case 'pagerduty':
    case 'webhook':
    case 'log':
      return undefined;
  }
}

/** A person's ways that can be used, the earliest first, and why the others cannot. Pure. */
export function contactsOf(
  person: Person,
  channels: Record<string, Channel>,
): { contacts: ResolvedContact[]; unusable: string[] } {
  const contacts: ResolvedContact[] = [];
  const unusable: string[] = [];
  for (const contact of person.contacts.toSorted((a, b) => a.afterSeconds - b.afterSeconds)) {
    const target = channels[contact.channel];
    const why = hindrance(person, target);
    if (target === undefined || why !== undefined) unusable.push(`${contact.channel}: ${why ?? ''}`);
    else contacts.push({ ...contact, target });
  }
  return { contacts, unusable };
}
