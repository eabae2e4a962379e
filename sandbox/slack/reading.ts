import {
  BOT,
  channelOf,
  isChannel,
  missing,
  refusal,
  type Arguments,
  type SlackAnswer,
  type SlackChannel,
  type SlackMessage,
  type Workspace,
} from './workspace.js';

/** What reading a conversation needs, by its kind. */
function scopeFor(channel: SlackChannel): string {
  if (channel.id.startsWith('D')) return 'im:history';
  return channel.private ? 'groups:history' : 'channels:history';
}

/** The channel that may be read, or why not. */
function readable(workspace: Workspace, given: Arguments): SlackChannel | SlackAnswer {
  const channel = channelOf(workspace, given['channel'], false);
  if (!isChannel(channel)) return channel;
  const needed = scopeFor(channel);
  if (workspace.scopes.includes(needed)) return channel;
  return refusal('missing_scope', { needed, provided: workspace.scopes.join(',') });
}

function paged(all: SlackMessage[], given: Arguments): SlackAnswer {
  const limit = Number(given['limit'] ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > 999) return refusal('invalid_limit');
  const oldest = Number(given['oldest'] ?? 0);
  if (!Number.isFinite(oldest)) return refusal('invalid_ts_oldest');
  const start = given['cursor'] === undefined || given['cursor'] === '' ? 0 : Number(given['cursor']);
  if (!Number.isInteger(start)) return refusal('invalid_cursor');
  const wanted = all.filter((message) => Number(message.ts) > oldest);
  const withMetadata = given['include_all_metadata'] === true || given['include_all_metadata'] === 'true';
  const messages = wanted.slice(start, start + limit).map(({ metadata, ...message }) => ({
    type: 'message',
    ...BOT,
    ...message,
    ...(withMetadata && metadata ? { metadata } : {}),
  }));
  const more = start + limit < wanted.length;
  return { ok: true, messages, has_more: more, response_metadata: { next_cursor: more ? String(start + limit) : '' } };
}

/** Newest first, without replies in threads. */
export function history(workspace: Workspace, given: Arguments): SlackAnswer {
  const channel = readable(workspace, given);
  if (!isChannel(channel)) return channel;
  const all = workspace.messages.filter((m) => m.channel === channel.id && m.thread_ts === undefined);
  return paged(all.toReversed(), given);
}

/** Oldest first: the message that began the thread, then its replies. */
export function replies(workspace: Workspace, given: Arguments): SlackAnswer {
  const channel = readable(workspace, given);
  if (!isChannel(channel)) return channel;
  const { ts } = given;
  if (typeof ts !== 'string') return missing('ts');
  const all = workspace.messages.filter((m) => m.channel === channel.id && (m.ts === ts || m.thread_ts === ts));
  return all.length === 0 ? refusal('thread_not_found') : paged(all, given);
}
