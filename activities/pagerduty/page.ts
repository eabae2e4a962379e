import type { PageDelivery, PagingActivities } from '../incident/types.js';
import type { Page } from '../oncall/types.js';
import { pagerdutySender, type PagerdutyChannel, type PagerdutyDeps } from './client.js';
import { dedupKey } from './dedup.js';
import { refused } from './errors.js';
import { pageEvent, settling } from './event.js';
import { PAGERDUTY_SEVERITIES, pagerdutySeverity } from './severity.js';

/** Incidents that get an alert of their own from one bundle; the least severe are named in the others'. */
const ALERTS_MAX = 10;

function channelOf(contact: PageDelivery['contact']): PagerdutyChannel {
  if (contact.target.type === 'pagerduty') return contact.target;
  throw refused(contact.channel, `it is a channel of type ${contact.target.type}; this is a defect of Belay`);
}

/** Pages of each incident, the worst incident first, the older of two alike first. */
export function byIncident(pages: Page[]): [Page, ...Page[]][] {
  const groups = new Map<string, [Page, ...Page[]]>();
  for (const page of pages) {
    const group = groups.get(page.incident);
    if (group) group.push(page);
    else groups.set(page.incident, [page]);
  }
  const rank = (group: Page[]): number =>
    Math.min(...group.map((page) => PAGERDUTY_SEVERITIES.indexOf(pagerdutySeverity(page.severity, page.urgent))));
  return [...groups.values()].toSorted((a, b) => rank(a) - rank(b) || a[0].at - b[0].at);
}

/**
 * Opens an alert in PagerDuty for each incident of the bundle; PagerDuty then notifies whoever its service's escalation policy names.
 * Safe to repeat: the key is that of the incident, and a second trigger of an open alert rings nobody. A page that says `again` closes
 * the alert first, so that it does ring. Failures: see `pagerdutySender`. The reference is the first alert's `dedup_key`.
 */
export async function sendPagerdutyPage(
  deps: PagerdutyDeps,
  { system, person, contact, bundle }: PageDelivery,
): Promise<{ reference?: string }> {
  const send = await pagerdutySender(deps, contact.channel, channelOf(contact));
  const incidents = byIncident(bundle.pages);
  const alerts = incidents.slice(0, ALERTS_MAX);
  const others = incidents.slice(ALERTS_MAX).map(([page]) => page.title);
  const whom = { id: person.id, name: person.person.name };
  for (const [index, pages] of alerts.entries()) {
    const { incident } = pages[0];
    if (pages.some(({ again }) => again)) await send(settling(incident, 'resolve'));
    await send(pageEvent(system, whom, pages, index === 0 ? others : []));
  }
  return alerts[0] === undefined ? {} : { reference: dedupKey(alerts[0][0].incident) };
}

/** Acknowledges or resolves the alert of an incident; where none is open, PagerDuty drops the event. Failures as `sendPagerdutyPage`. */
export async function settlePagerduty(
  deps: PagerdutyDeps,
  { contact, incident, action }: Parameters<PagingActivities['settlePage']>[0],
): Promise<void> {
  const send = await pagerdutySender(deps, contact.channel, channelOf(contact));
  await send(settling(incident, action));
}
