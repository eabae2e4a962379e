import { Context } from '@temporalio/activity';
import type { KnownBlock, WebClient } from '@slack/web-api';
import { isRateLimit, slackFailure } from './errors.js';
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
  /** Posted also when Slack does not let us look for lack of calls: twice is the lesser evil. */
  urgent?: boolean;
  /** Looked for on the first attempt already, since this time (ms since the epoch). */
  lookSince?: number | undefined;
  /** Time stamp of an earlier message that this one replaces. */
  instead?: string | undefined;
}

export interface Posted {
  channel: string;
  ts: string;
  /** It had been posted before, perhaps with other content. */
  found: boolean;
}

/** The same for every message: what others wrote makes no links and mentions of its own. */
export const QUIET = { parse: 'none', link_names: false } as const;

async function lookFor(client: WebClient, target: SlackTarget, mark: Mark): Promise<Posted | undefined> {
  const { thread, lookSince: since, instead: except } = target;
  const channel = target.lookInto ? await target.lookInto() : target.channel;
  if (channel === undefined || !isChannelId(channel)) return undefined;
  const ts = await findPosted(client, { channel, thread, since, except }, mark);
  return ts === undefined ? undefined : { channel, ts, found: true };
}

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
  const { channel, thread, to, urgent = false } = target;
  try {
    if (Context.current().info.attempt > 1 || target.lookSince !== undefined) {
      const found = await lookFor(client, target, mark).catch((error: unknown) => {
        if (urgent && isRateLimit(error)) return undefined;
        throw error;
      });
      if (found) return found;
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
    return { channel: answer.channel ?? channel, ts: answer.ts ?? '', found: false };
  } catch (error) {
    throw slackFailure(error, to);
  }
}
