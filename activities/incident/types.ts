import type { Channel } from '../../systems/schema.js';
import type { IncidentView, RootMessage, TimelineEntry } from '../../workflows/incident/types.js';
import type { OncallPerson, Page, ResolvedContact } from '../oncall/types.js';

/** What one message to one person carries: one page, or several that came together. */
export interface PageBundle {
  /** Stable over retries; the vendor's idempotency key, message id or metadata is made of it. */
  key: string;
  pages: Page[];
}

export interface PagingActivities {
  /**
   * One message through one channel to one person: Slack direct message with buttons, mail, webhook (HMAC), PagerDuty event. 10 s per try.
   * Failures: `<Vendor>Refused` and `SecretUnresolved` final, `<Vendor>RateLimited` after the time the vendor names, `<Vendor>Unavailable` retried. From the second try on
   * an earlier message of the same key is looked for where the vendor has no idempotency of its own.
   */
  sendPage: (input: {
    system: string;
    person: Pick<OncallPerson, 'id' | 'person'>;
    contact: ResolvedContact;
    bundle: PageBundle;
  }) => Promise<{ reference?: string }>;
  /** PagerDuty alone: acknowledges or resolves what our page opened there. Elsewhere nothing. Safe to repeat. */
  settlePage: (input: {
    system: string;
    contact: ResolvedContact;
    incident: string;
    action: 'acknowledge' | 'resolve';
  }) => Promise<void>;
}

/** One message to one person through one of their contacts. */
export type PageDelivery = Parameters<PagingActivities['sendPage']>[0];

export interface IncidentBoardActivities {
  /** The one message of an incident in a Slack channel: posted when `root` is missing (looked for first from the second try on), else edited in place. Other channels: one log line. */
  showIncident: (input: {
    channelName: string;
    channel: Channel;
    view: IncidentView;
    root?: RootMessage;
  }) => Promise<{ root?: RootMessage }>;
  /** Entries of the timeline as one reply in the thread. */
  postTimeline: (input: {
    channelName: string;
    channel: Channel;
    root: RootMessage;
    key: string;
    entries: TimelineEntry[];
  }) => Promise<void>;
  /** A part of the timeline, create-only in the evidence store. */
  saveTimeline: (input: {
    incident: string;
    runId: string;
    entries: TimelineEntry[];
  }) => Promise<{ reference: string }>;
}
