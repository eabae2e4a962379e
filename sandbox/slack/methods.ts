import { blockProblems } from './blocks.js';

export interface SlackChannel {
  id: string;
  name: string;
  /** Whether the bot was invited. */
  member: boolean;
}

export interface SlackMessage {
  channel: string;
  ts: string;
  text: string;
  thread_ts?: string;
  blocks?: unknown;
  metadata?: unknown;
  edited?: boolean;
}

export interface Workspace {
  channels: SlackChannel[];
  /** In the order in which they were posted. */
  messages: SlackMessage[];
  scopes: string[];
}

export type Arguments = Record<string, unknown>;
export type SlackAnswer = { ok: boolean; error?: string; [field: string]: unknown };

export const refusal = (error: string, more: Record<string, unknown> = {}): SlackAnswer => ({
  ok: false,
  error,
  ...more,
});
const missing = (field: string) =>
  refusal('invalid_arguments', { response_metadata: { messages: [`[ERROR] missing required field: ${field}`] } });

const BOT = { user_id: 'U0BELAY001', bot_id: 'B0BELAY001', team_id: 'T0BELAY001' };
const MAX_TEXT = 40_000;

/** Posting takes a channel's name or id; everything else takes the id only. */
function channelOf(workspace: Workspace, given: unknown, byName: boolean): SlackChannel | SlackAnswer {
  if (typeof given !== 'string' || given === '') return missing('channel');
  const found = workspace.channels.find((c) => c.id === given || (byName && c.name === given.replace(/^#/, '')));
  if (!found) return refusal('channel_not_found');
  return found.member ? found : refusal('not_in_channel');
}

function contentProblem({ text, blocks, metadata }: Arguments): SlackAnswer | undefined {
  if ((text === undefined || text === '') && blocks === undefined) return refusal('no_text');
  if (text !== undefined && typeof text !== 'string') return refusal('invalid_arguments');
  if ((text?.length ?? 0) > MAX_TEXT) return refusal('msg_too_long');
  if (typeof blocks === 'string') return refusal('invalid_blocks_format');
  const problems = blocks === undefined ? [] : blockProblems(blocks);
  if (problems.length > 0)
    return refusal('invalid_blocks', { errors: problems, response_metadata: { messages: problems } });
  if (metadata === undefined) return undefined;
  const { event_type: type, event_payload: payload } = metadata as Arguments;
  const right = typeof type === 'string' && type !== '' && typeof payload === 'object' && payload !== null;
  return right ? undefined : refusal('invalid_metadata_format');
}

/** Time stamps are the ids of messages: unique and growing, seconds with six decimals. */
function nextTs(workspace: Workspace): string {
  const last = workspace.messages.reduce((max, message) => Math.max(max, Number(message.ts) * 1e6), 0);
  const micros = Math.max(Date.now() * 1000, Math.round(last) + 1);
  return `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
}

function postMessage(workspace: Workspace, given: Arguments): SlackAnswer {
  const channel = channelOf(workspace, given['channel'], true);
  if (!('id' in channel)) return channel;
  const problem = contentProblem(given);
  if (problem) return problem;
  const { text = '', blocks, metadata, thread_ts: thread } = given;
  const message: SlackMessage = { channel: String(channel.id), ts: nextTs(workspace), text: String(text) };
  if (blocks !== undefined) message.blocks = blocks;
  if (metadata !== undefined) message.metadata = metadata;
  if (typeof thread === 'string') message.thread_ts = thread;
  workspace.messages.push(message);
  return { ok: true, channel: message.channel, ts: message.ts, message: { ...message, type: 'message', ...BOT } };
}

function update(workspace: Workspace, given: Arguments): SlackAnswer {
  const channel = channelOf(workspace, given['channel'], false);
  if (!('id' in channel)) return channel;
  if (typeof given['ts'] !== 'string') return missing('ts');
  const problem = contentProblem(given);
  if (problem) return problem;
  const message = workspace.messages.find((one) => one.channel === channel.id && one.ts === given['ts']);
  if (!message) return refusal('message_not_found');
  const { text, blocks, metadata } = given;
  Object.assign(message, {
    edited: true,
    ...(text === undefined ? {} : { text }),
    ...(blocks === undefined ? {} : { blocks }),
  });
  if (metadata !== undefined) message.metadata = metadata;
  return { ok: true, channel: message.channel, ts: message.ts, text: message.text };
}

function history(workspace: Workspace, given: Arguments): SlackAnswer {
  if (!workspace.scopes.includes('channels:history')) {
    return refusal('missing_scope', { needed: 'channels:history', provided: workspace.scopes.join(',') });
  }
  const channel = channelOf(workspace, given['channel'], false);
  if (!('id' in channel)) return channel;
  const limit = Number(given['limit'] ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > 999) return refusal('invalid_limit');
  const oldest = Number(given['oldest'] ?? 0);
  const all = workspace.messages.filter(
    (m) => m.channel === channel.id && m.thread_ts === undefined && Number(m.ts) > oldest,
  );
  const start = given['cursor'] === undefined || given['cursor'] === '' ? 0 : Number(given['cursor']);
  if (!Number.isInteger(start)) return refusal('invalid_cursor');
  const withMetadata = given['include_all_metadata'] === true || given['include_all_metadata'] === 'true';
  const messages = all
    .toReversed()
    .slice(start, start + limit)
    .map(({ metadata, ...message }) => ({
      type: 'message',
      ...BOT,
      ...message,
      ...(withMetadata && metadata ? { metadata } : {}),
    }));
  const more = start + limit < all.length;
  return { ok: true, messages, has_more: more, response_metadata: { next_cursor: more ? String(start + limit) : '' } };
}

const authTest = (): SlackAnswer => ({
  ok: true,
  url: 'https://belay.slack.com/',
  team: 'Belay',
  user: 'belay',
  ...BOT,
});

/** The Web API methods that Belay uses, as https://docs.slack.dev/reference/methods describes them. */
export const METHODS: Record<string, (workspace: Workspace, given: Arguments) => SlackAnswer> = {
  'auth.test': authTest,
  'chat.postMessage': postMessage,
  'chat.update': update,
  'conversations.history': history,
};
