import { Context } from '@temporalio/activity';
import type { WebClient } from '@slack/web-api';
import type { Notification } from '../types.js';
import { slackMessage } from './blocks.js';
import { refusalCode, slackFailure } from './slackErrors.js';

/** Marks Belay's messages; the payload's `key` finds one again. */
const EVENT_TYPE = 'belay_notification';
/** How far a worker's clock may be behind or ahead of Slack's. */
const CLOCK_SKEW_S = 300;
const PAGE = 200;
const PAGES = 3;

/** Only ids can be looked into; names work for posting alone. */
const isChannelId = (channel: string): boolean => /^[CGD][A-Z0-9]{5,}$/.test(channel);

const keyOf = (metadata: { event_type?: string; event_payload?: { key?: unknown } } | undefined): unknown =>
  metadata?.event_type === EVENT_TYPE ? metadata.event_payload?.key : undefined;

/** The time stamp of the message that an earlier attempt has posted, if it did; `undefined` also where we may not look. */
async function findPosted(client: WebClient, channel: string, key: string): Promise<string | undefined> {
  const oldest = String(Context.current().info.scheduledTimestampMs / 1000 - CLOCK_SKEW_S);
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const answer = await client.conversations
      .history({ channel, oldest, limit: PAGE, include_all_metadata: true, ...(cursor ? { cursor } : {}) })
      .catch((error: unknown) => {
        // Without the right to read, posting twice is the lesser evil: a page must arrive.
        if (refusalCode(error) !== undefined) return undefined;
        throw error;
      });
    const found = answer?.messages?.find((message) => keyOf(message.metadata) === key);
    if (found?.ts) return found.ts;
    cursor = answer?.response_metadata?.next_cursor;
    if (!cursor) return undefined;
  }
  return undefined;
}

/**
 * Posts a notification once. From the second attempt on, an earlier one may have posted although its answer was lost, so the channel's
 * history since the activity was scheduled is searched for the same key first (scope `channels:history` or `groups:history`, and the
 * channel given by id; else the message may come twice). Slack has no idempotency key of its own.
 */
export async function postOnce(
  client: WebClient,
  target: { channelName: string; channel: string },
  notification: Notification,
): Promise<{ delivered: boolean; reference: string }> {
  const { channel, channelName } = target;
  try {
    if (Context.current().info.attempt > 1 && isChannelId(channel)) {
      const posted = await findPosted(client, channel, notification.key);
      if (posted !== undefined) return { delivered: true, reference: `${channel}/${posted}` };
    }
    const { text, blocks } = slackMessage(notification);
    const metadata = { event_type: EVENT_TYPE, event_payload: { key: notification.key, kind: notification.kind } };
    const answer = await client.chat.postMessage({
      channel,
      text,
      blocks,
      metadata,
      unfurl_links: false,
      unfurl_media: false,
    });
    return { delivered: true, reference: `${answer.channel ?? channel}/${answer.ts ?? ''}` };
  } catch (error) {
    throw slackFailure(error, channelName);
  }
}
