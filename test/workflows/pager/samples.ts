import type { Contact } from '../../../systems/peopleSchema.js';
import type { OncallPerson, Page, ResolvedContact } from '../../../activities/oncall/types.js';
import type { PageRequest } from '../../../workflows/pager/messages.js';

/** A way to reach alice. */
export const contact = (channel: string, afterSeconds = 0, limits: Contact['limits'] = []): ResolvedContact => ({
  channel,
  afterSeconds,
  limits,
  target: { type: 'log' },
});

/** Alice with these contacts. */
export const alice = (...contacts: ResolvedContact[]): OncallPerson => ({
  id: 'alice',
  person: { name: 'Alice', roles: ['responder'], contacts: [] },
  because: 'primary',
  contacts,
});

/** A page of an incident. */
export function page(key: string, more: Partial<Page> = {}): Page {
  return {
    key,
    incident: 'incident/harbor/disk/1',
    severity: 'P2',
    urgent: false,
    title: `Title of ${key}`,
    text: `Text of ${key}`,
    level: 0,
    generation: 1,
    at: 0,
    ...more,
  };
}

export const request = (one: Page, ...contacts: ResolvedContact[]): PageRequest => ({
  page: one,
  person: alice(...contacts),
});
