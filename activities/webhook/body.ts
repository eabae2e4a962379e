import type { PageDelivery } from '../incident/types.js';
import type { Page } from '../oncall/types.js';
import { boundedText, redact } from '../secrets/redact.js';
import type { Notification } from '../types.js';

/** Stays the same while fields are only added. */
const VERSION = 1;
const TITLE_MAX = 1_000;
const TEXT_MAX = 3_000;
/** Pages of one message, the newest of them; `total` says how many there were. */
const PAGES_MAX = 20;

export interface PageBody {
  version: 1;
  kind: 'page';
  /** The same for every repeat. */
  id: string;
  system: string;
  person: { id: string; name: string; phone?: string; email?: string };
  pages: {
    key: string;
    incident: string;
    severity: string;
    urgent: boolean;
    title: string;
    text: string;
    /** 1 for the first. */
    level: number;
    /** ISO 8601. */
    at: string;
    url?: string;
  }[];
  total: number;
}

export interface NotificationBody {
  version: 1;
  kind: 'notification';
  id: string;
  channel: string;
  notification: {
    kind: Notification['kind'];
    title: string;
    text: string;
    workflowId: string;
    topic?: string;
    ongoing?: boolean;
  };
}

function pageOf({ key, incident, severity, urgent, title, text, level, at, url }: Page): PageBody['pages'][number] {
  return {
    ...{ key: boundedText(key, TITLE_MAX), incident: boundedText(incident, TITLE_MAX), severity, urgent },
    ...{
      title: boundedText(title, TITLE_MAX),
      text: boundedText(text, TEXT_MAX),
      level: level + 1,
      at: new Date(at).toISOString(),
    },
    ...(url === undefined ? {} : { url: redact(url) }),
  };
}

/** What a webhook is sent for a page; docs/webhooks.md describes it. */
export function pageBody({ system, person, bundle }: PageDelivery): PageBody {
  const { name, phone, email } = person.person;
  const newest = bundle.pages.toSorted((a, b) => a.at - b.at).slice(-PAGES_MAX);
  return {
    ...{ version: VERSION, kind: 'page', id: bundle.key, system },
    person: {
      ...{ id: person.id, name },
      ...(phone === undefined ? {} : { phone }),
      ...(email === undefined ? {} : { email }),
    },
    pages: newest.map(pageOf),
    total: bundle.pages.length,
  };
}

/** What a webhook is sent for a notification to the channel as a whole. */
export function notificationBody(channel: string, notification: Notification): NotificationBody {
  const { kind, key, title, text, workflowId, topic, ongoing } = notification;
  return {
    ...{ version: VERSION, kind: 'notification', id: key, channel },
    notification: {
      ...{ kind, title: boundedText(title, TITLE_MAX), text: boundedText(text, TEXT_MAX), workflowId },
      ...(topic === undefined ? {} : { topic }),
      ...(ongoing === undefined ? {} : { ongoing }),
    },
  };
}
