export interface SlackChannel {
  id: string;
  name: string;
  /** Whether the bot was invited. */
  member: boolean;
  /** Needs `groups:history` to be read. */
  private?: boolean;
}

export interface SlackMember {
  id: string;
  name: string;
  /** Deactivated: can get no message. */
  deleted?: boolean;
  isBot?: boolean;
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

/** What only one person saw: `chat.postEphemeral`, or an answer through a `response_url`. */
export interface SlackEphemeral {
  channel: string;
  user: string;
  text: string;
  blocks?: unknown;
}

export interface Workspace {
  channels: SlackChannel[];
  /** `undefined`: every well-formed member id is somebody. */
  members: SlackMember[] | undefined;
  /** Members by the id of their user group. */
  userGroups: Record<string, string[]>;
  /** In the order in which they were posted. */
  messages: SlackMessage[];
  ephemerals: SlackEphemeral[];
  scopes: string[];
}

export type Arguments = Record<string, unknown>;
export type SlackAnswer = { ok: boolean; error?: string; [field: string]: unknown };

export const BOT = { user_id: 'U0BELAY001', bot_id: 'B0BELAY001', team_id: 'T0BELAY001' };
export const APP_ID = 'A0BELAY001';

export const refusal = (error: string, more: Record<string, unknown> = {}): SlackAnswer => ({
  ok: false,
  error,
  ...more,
});

export const missing = (field: string): SlackAnswer =>
  refusal('invalid_arguments', { response_metadata: { messages: [`[ERROR] missing required field: ${field}`] } });

export const isChannel = (found: SlackChannel | SlackAnswer): found is SlackChannel => 'id' in found;

/** Somebody who can be written to; `undefined` for ids of nobody. */
export function memberOf({ members }: Workspace, id: unknown): SlackMember | undefined {
  if (typeof id !== 'string' || !/^[UW][A-Z0-9]{2,}$/.test(id)) return undefined;
  if (members === undefined) return { id, name: id.toLowerCase() };
  return members.find((member) => member.id === id);
}

/** The direct conversation with a member, made when there is none. */
export function directChannel(workspace: Workspace, member: SlackMember): SlackChannel {
  const id = `D0${member.id}`;
  const found = workspace.channels.find((channel) => channel.id === id);
  if (found) return found;
  const made = { id, name: member.name, member: true };
  workspace.channels.push(made);
  return made;
}

/** Posting takes a channel's name or id, or a member's id; everything else takes the id only. */
export function channelOf(workspace: Workspace, given: unknown, posting: boolean): SlackChannel | SlackAnswer {
  if (typeof given !== 'string' || given === '') return missing('channel');
  const member = posting ? memberOf(workspace, given) : undefined;
  if (member?.isBot) return refusal('cannot_dm_bot');
  if (member && !member.deleted) return directChannel(workspace, member);
  const found = workspace.channels.find((c) => c.id === given || (posting && c.name === given.replace(/^#/, '')));
  if (!found) return refusal('channel_not_found');
  return found.member ? found : refusal('not_in_channel');
}

/** Time stamps are the ids of messages: unique and growing, seconds with six decimals. */
export function nextTs(workspace: Workspace): string {
  const last = Number(workspace.messages.at(-1)?.ts ?? 0) * 1e6;
  const micros = Math.max(Date.now() * 1000, Math.round(last) + 1);
  return `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
}
