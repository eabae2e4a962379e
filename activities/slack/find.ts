import { Context } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import { refusalCode } from './errors.js';

/** What stands in a message's metadata, so that it is found again. */
export interface Mark {
  /** Event type, e.g. `belay_page`. */
  type: string;
  key: string;
  /** Shown with it, never looked for. */
  more?: Record<string, string>;
}

/** Where to look: a channel, or a thread in it. */
export interface Place {
  /** An id; names cannot be looked into. */
  channel: string;
  thread?: string | undefined;
  /** Since when (ms since the epoch); since the activity was scheduled when left out. */
  since?: number | undefined;
  /** Time stamp of a message that is not meant. */
  except?: string | undefined;
}

interface Found {
  ts?: string;
  metadata?: { event_type?: string; event_payload?: { key?: unknown } };
}

/** How far a worker's clock may be behind or ahead of Slack's. */
const CLOCK_SKEW_S = 300;
const PAGE = 200;
const PAGES = 3;

/** Only ids can be looked into; names work for posting alone. */
export const isChannelId = (channel: string): boolean => /^[CGD][A-Z0-9]{5,}$/.test(channel);

const carries = ({ metadata }: Found, { type, key }: Mark): boolean =>
  metadata?.event_type === type && metadata.event_payload?.key === key;

async function read(
  client: WebClient,
  { channel, thread, since }: Place,
  cursor: string | undefined,
): Promise<{ messages?: Found[]; next: string | undefined }> {
  const oldest = String((since ?? Context.current().info.scheduledTimestampMs) / 1000 - CLOCK_SKEW_S);
  const common = { channel, limit: PAGE, include_all_metadata: true, oldest, ...(cursor && { cursor }) };
  const answer =
    thread === undefined
      ? await client.conversations.history(common)
      : await client.conversations.replies({ ...common, ts: thread });
  return { messages: answer.messages ?? [], next: answer.response_metadata?.next_cursor };
}

/**
 * The time stamp of the message that was posted before, by an earlier attempt of this activity or since `place.since`, if it was. `undefined` also where we may not look: without
 * the right to read, posting twice is the lesser evil, since a page must arrive.
 */
export async function findPosted(client: WebClient, place: Place, mark: Mark): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const answer = await read(client, place, cursor).catch((error: unknown) => {
      if (refusalCode(error) !== undefined) return undefined;
      throw error;
    });
    const found = answer?.messages?.find((message) => message.ts !== place.except && carries(message, mark));
    if (found?.ts) return found.ts;
    cursor = answer?.next;
    if (!cursor) return undefined;
  }
  return undefined;
}
