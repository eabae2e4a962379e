import type { PageDelivery } from '../../activities/incident/types.js';
import type { Page } from '../../activities/oncall/types.js';
import { createSecretResolver, type SecretResolver } from '../../activities/secrets/resolver.js';
import type { Notification } from '../../activities/types.js';
import type { Person } from '../../systems/peopleSchema.js';
import type { Channel } from '../../systems/schema.js';

/** A resolver that knows these variables and nothing else. */
export const secretsOf = (env: Record<string, string>): SecretResolver =>
  createSecretResolver({ env, readFile: () => Promise.reject(new Error('none')) });

export const INCIDENT = 'incident/shop/checkout/0123456789abcdef';

export const page = (more: Partial<Page> = {}): Page => ({
  ...{ key: 'run-1/g1/l0/ada', incident: INCIDENT, severity: 'P1', urgent: true, title: 'Checkout is down' },
  ...{ text: 'No order since 10:02.', level: 0, generation: 1, at: Date.parse('2026-11-21T10:05:00Z') },
  ...more,
});

const ADA: Person = {
  ...{ name: 'Ada Lovelace', roles: ['responder'], email: 'ada@example.com', phone: '+1-555-0100', contacts: [] },
};

/** What the activity that pages gets: one page for Ada through a channel. */
export function delivery(
  target: Channel,
  more: { pages?: Page[]; person?: Partial<Person>; key?: string } = {},
): PageDelivery {
  return {
    system: 'shop',
    person: { id: 'ada', person: { ...ADA, ...more.person } },
    contact: { channel: 'out', afterSeconds: 0, limits: [], target },
    bundle: { key: more.key ?? 'pager/shop/ada/run-1/1', pages: more.pages ?? [page()] },
  };
}

export const notification = (more: Partial<Notification> = {}): Notification => ({
  ...{ kind: 'failure', key: 'run-1/verify', title: 'Update of shop failed', text: 'Because.', workflowId: 'update-7' },
  ...more,
});

/** All of a failure that could travel into a history or a log. */
export function everythingOf(thrown: unknown): string {
  const error = thrown as Error;
  return JSON.stringify([error.message, error.stack, error.cause, Object.entries(error)]);
}
