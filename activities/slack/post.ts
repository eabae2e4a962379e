import { Context } from '@temporalio/activity';
import type { KnownBlock, WebClient } from '@slack/web-api';
import { slackFailure } from './errors.js';
import { findPosted, isChannelId, type Mark } from './find.js';

/** A message as Slack takes it. `text` is what notifications and screen readers show. */
export interface SlackContent {
  text: string;
  blocks: KnownBlock[];
}

/** Where a message goes: a channel's name or id, or a member's id for a direct message. */
export interface SlackTarget {
  channel: string;
  thread?: string;
  /** For failures: `Slack channel "ops"`. */
  to: string;
  /** The id under which an earlier message can be looked for, where `channel` is none. Asked from the second attempt on. */
  lookInto?: () => Promise<string | undefined>;
}

export interface Posted {
  channel: string;
  ts: string;
}

/** The same for every message: what others wrote makes no links and mentions of its own. */
export const QUIET = { parse: 'none', link_names: false } as const;

/**
 * Posts a message once. From the second attempt on, an earlier one may have posted although its answer was lost, so the channel's
 * history since the activity was scheduled is searched for the same key first (scope `channels:history`, `groups:history` or `im:history`, and
 * the channel given by id; else the message may come twice). Slack has no idempotency key of its own. Throws what `slackFailure` makes.
 */
export async function postOnce(
  client: WebClient,
  target: SlackTarget,
  mark: Mark,
  content: () => SlackContent,
): Promise<Posted> {
  const { channel, thread, to } = target;
  try {
    if (Context.current().info.attempt > 1) {
      const place = target.lookInto ? await target.lookInto() : channel;
      if (place !== undefined && isChannelId(place)) {
        const ts = await findPosted(client, { channel: place, ...(thread !== undefined && { thread }) }, mark);
        if (ts !== undefined) return { channel: place, ts };
      }
    }
    const answer = await client.chat.postMessage({
      channel,
      ...content(),
      metadata: { event_type: mark.type, event_payload: { key: mark.key, ...mark.more } },
      ...QUIET,
      unfurl_links: false,
      unfurl_media: false,
      ...(thread !== undefined && { thread_ts: thread }),
    });
    return { channel: answer.channel ?? channel, ts: answer.ts ?? '' };
  } catch (error) {
    throw slackFailure(error, to);
  }
}
