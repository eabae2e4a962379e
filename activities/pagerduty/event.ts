import type { Page } from '../oncall/types.js';
import { bounded, boundedText, redact } from '../secrets/redact.js';
import type { Notification, NotificationKind } from '../types.js';
import { CLIENT, dedupKey } from './dedup.js';
import { pagerdutySeverity, worst, type PagerdutySeverity } from './severity.js';

const SUMMARY_MAX = 1_024;
const TEXT_MAX = 3_000;
const TITLE_MAX = 200;
/** Of pages that are listed by their titles. With the limits above an event stays below 64 KB; PagerDuty takes 512. */
const LISTED = 20;

/** An event of the Events API v2 without its routing key. */
export interface PagerdutyEvent {
  event_action: 'trigger' | 'acknowledge' | 'resolve';
  dedup_key: string;
  client?: string;
  client_url?: string;
  links?: { href: string; text: string }[];
  payload?: {
    summary: string;
    source: string;
    severity: PagerdutySeverity;
    timestamp?: string;
    group?: string;
    class?: string;
    custom_details: Record<string, unknown>;
  };
}

const SEVERITY_OF: Record<NotificationKind, PagerdutySeverity> = {
  page: 'critical',
  failure: 'error',
  rollback: 'error',
  start: 'info',
  end: 'info',
};

/** The event that settles what was triggered for a workflow. PagerDuty drops it where nothing is open. */
export const settling = (workflowId: string, action: 'acknowledge' | 'resolve'): PagerdutyEvent => ({
  event_action: action,
  dedup_key: dedupKey(workflowId),
});

const linked = (url: string | undefined) =>
  url === undefined ? {} : { client_url: url, links: [{ href: url, text: 'Incident in Belay' }] };

/**
 * The event for pages about one incident, which came together for one person; `others` are titles of further incidents that this
 * event stands for as well.
 */
export function pageEvent(
  system: string,
  person: { id: string; name: string },
  pages: [Page, ...Page[]],
  others: string[] = [],
): PagerdutyEvent {
  const newest = pages.reduce((latest, page) => (page.at > latest.at ? page : latest));
  const url = newest.url === undefined ? undefined : redact(newest.url);
  return {
    event_action: 'trigger',
    dedup_key: dedupKey(newest.incident),
    client: CLIENT,
    ...linked(url),
    payload: {
      summary: bounded(`[${newest.severity}] ${newest.title}`, SUMMARY_MAX),
      source: bounded(system, TITLE_MAX),
      severity: worst(pages.map(({ severity, urgent }) => pagerdutySeverity(severity, urgent))),
      timestamp: new Date(newest.at).toISOString(),
      group: bounded(system, TITLE_MAX),
      class: 'incident',
      custom_details: {
        text: boundedText(newest.text, TEXT_MAX),
        severity: bounded(newest.severity, TITLE_MAX),
        level: newest.level + 1,
        incident: boundedText(newest.incident, 1_000),
        person: bounded(`${person.name} (${person.id})`, TITLE_MAX),
        ...(others.length === 0
          ? {}
          : { more: others.slice(0, LISTED).map((title) => bounded(title, TITLE_MAX)), moreCount: others.length }),
      },
    },
  };
}

/** The event for a notification to the channel as a whole; `undefined` when PagerDuty has nothing to do. */
export function notificationEvent(notification: Notification): PagerdutyEvent | undefined {
  const { kind, title, workflowId, topic, ongoing } = notification;
  const about = topic ?? workflowId;
  if (kind === 'end') return ongoing ? undefined : settling(about, 'resolve');
  return {
    event_action: 'trigger',
    dedup_key: dedupKey(about),
    client: CLIENT,
    payload: {
      summary: bounded(title, SUMMARY_MAX) || 'Belay',
      source: bounded(workflowId, TITLE_MAX) || 'belay',
      severity: SEVERITY_OF[kind],
      class: kind,
      custom_details: { text: boundedText(notification.text, TEXT_MAX), workflow: boundedText(workflowId, 1_000) },
    },
  };
}
