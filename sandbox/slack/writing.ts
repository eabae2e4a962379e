import { contentProblem } from './content.js';
import {
  BOT,
  channelOf,
  isChannel,
  memberOf,
  missing,
  nextTs,
  refusal,
  type Arguments,
  type SlackAnswer,
  type SlackMessage,
  type Workspace,
} from './workspace.js';

export function postMessage(workspace: Workspace, given: Arguments): SlackAnswer {
  const channel = channelOf(workspace, given['channel'], true);
  if (!isChannel(channel)) return channel;
  const problem = contentProblem(given);
  if (problem) return problem;
  const { text = '', blocks, metadata, thread_ts: thread } = given;
  const message: SlackMessage = { channel: channel.id, ts: nextTs(workspace), text: String(text) };
  if (blocks !== undefined) message.blocks = blocks;
  if (metadata !== undefined) message.metadata = metadata;
  // A thread whose first message was deleted goes on.
  if (typeof thread === 'string' && /^\d{10}\.\d{6}$/.test(thread)) message.thread_ts = thread;
  else if (thread !== undefined) return refusal('invalid_arguments');
  workspace.messages.push(message);
  return { ok: true, channel: message.channel, ts: message.ts, message: { ...message, type: 'message', ...BOT } };
}

export function update(workspace: Workspace, given: Arguments): SlackAnswer {
  const channel = channelOf(workspace, given['channel'], false);
  if (!isChannel(channel)) return channel;
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

export function postEphemeral(workspace: Workspace, given: Arguments): SlackAnswer {
  const channel = channelOf(workspace, given['channel'], false);
  if (!isChannel(channel)) return channel;
  const member = memberOf(workspace, given['user']);
  if (!member || member.deleted) return refusal('user_not_in_channel');
  const problem = contentProblem(given);
  if (problem) return problem;
  const { text = '', blocks } = given;
  workspace.ephemerals.push({
    channel: channel.id,
    user: member.id,
    text: String(text),
    ...(blocks === undefined ? {} : { blocks }),
  });
  return { ok: true, message_ts: nextTs(workspace) };
}
