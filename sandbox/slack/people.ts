import {
  BOT,
  directChannel,
  memberOf,
  missing,
  refusal,
  type Arguments,
  type SlackAnswer,
  type Workspace,
} from './workspace.js';

export function openConversation(workspace: Workspace, { users }: Arguments): SlackAnswer {
  if (typeof users !== 'string' || users === '') return missing('users');
  // Several ids would be a group conversation, which Belay never opens.
  const member = memberOf(workspace, users);
  if (!member) return refusal('user_not_found');
  if (member.isBot) return refusal('cannot_dm_bot');
  if (member.deleted) return refusal('user_disabled');
  return { ok: true, channel: { id: directChannel(workspace, member).id } };
}

export function userInfo(workspace: Workspace, { user }: Arguments): SlackAnswer {
  if (typeof user !== 'string' || user === '') return missing('user');
  const member = memberOf(workspace, user);
  if (!member) return refusal('user_not_found');
  const { id, name, deleted = false, isBot = false } = member;
  return { ok: true, user: { id, team_id: BOT.team_id, name, real_name: name, deleted, is_bot: isBot } };
}

export function userGroup(workspace: Workspace, { usergroup, include_disabled: disabled }: Arguments): SlackAnswer {
  if (typeof usergroup !== 'string' || usergroup === '') return missing('usergroup');
  const users = workspace.userGroups[usergroup];
  if (!users) return refusal('no_such_subteam');
  const all = [true, 'true'].includes(disabled as boolean | string);
  return { ok: true, users: users.filter((id) => all || !memberOf(workspace, id)?.deleted) };
}
