import { ApplicationFailure } from '@temporalio/common';
import type { Channel } from '../../systems/schema.js';
import type { PagingActivities } from '../incident/types.js';
import { bounded } from '../secrets/redact.js';
import { pageClient } from '../slack/client.js';
import { heartbeating } from '../temporal/heartbeat.js';
import type { PageDelivery, PageSent, PagingDeps, Settling } from './deps.js';

type Send = (deps: PagingDeps, delivery: PageDelivery) => Promise<PageSent>;

/** A page in the worker's log: for a demo, and for a system that is being set up. */
async function logPage({ log }: PagingDeps, { person, contact, bundle }: PageDelivery): Promise<PageSent> {
  const pages = bundle.pages.map(({ incident, severity, title, level }) => ({
    incident,
    severity,
    level,
    title: bounded(title),
  }));
  log({ channel: contact.channel, person: person.id, key: bundle.key, pages }, `Page for ${person.id}`);
  return {};
}

function noWay(_: PagingDeps, { person, contact }: PageDelivery): Promise<never> {
  const message = `Channel "${contact.channel}" (${contact.target.type}) reaches no person; give ${person.id} a contact of type slack, pagerduty, mail or webhook.`;
  return Promise.reject(ApplicationFailure.nonRetryable(message, 'ChannelRefused'));
}

/** The libraries of a vendor are loaded by the first page that needs them. */
const VENDORS: Record<Channel['type'], () => Promise<Send>> = {
  slack: async () => (await import('../slack/page.js')).sendSlackPage,
  pagerduty: async () => (await import('../pagerduty/page.js')).sendPagerdutyPage,
  mail: async () => (await import('../mail/page.js')).sendMailPage,
  webhook: async () => (await import('../webhook/page.js')).sendWebhookPage,
  log: () => Promise.resolve(logPage),
  statuspage: () => Promise.resolve(noWay),
};

async function settle(deps: PagingDeps, settling: Settling): Promise<void> {
  if (settling.contact.target.type !== 'pagerduty') return;
  const { settlePagerduty } = await import('../pagerduty/page.js');
  await settlePagerduty(deps, settling);
}

/**
 * Messages to one person through one of their contacts. `sendPage`: `<Vendor>Refused`, `ChannelRefused` and `SecretUnresolved` are final,
 * `<Vendor>RateLimited` is retried when the vendor says, `<Vendor>Unavailable` by the policy; each vendor's `page.ts` says why a repeat is
 * safe. `settlePage` does something for PagerDuty alone.
 */
export function createPagingActivities(
  options: Pick<PagingDeps, 'secrets' | 'log'> & Partial<PagingDeps>,
): PagingActivities {
  const deps: PagingDeps = {
    env: process.env,
    fetch: (url, init) => globalThis.fetch(url, init),
    slackClientFor: pageClient,
    ...options,
  };
  return {
    async sendPage(delivery) {
      const send = await VENDORS[delivery.contact.target.type]();
      return heartbeating(() => send(deps, delivery));
    },
    settlePage: (settling) => heartbeating(() => settle(deps, settling)),
  };
}
