import { openConversation, userGroup, userInfo } from './people.js';
import { history, replies } from './reading.js';
import { BOT, refusal, type Arguments, type SlackAnswer, type Workspace } from './workspace.js';
import { postEphemeral, postMessage, update } from './writing.js';

const authTest = (): SlackAnswer => ({
  ok: true,
  url: 'https://belay.slack.com/',
  team: 'Belay',
  user: 'belay',
  ...BOT,
});

interface Method {
  /** Without it: `missing_scope`. Reading needs another scope for each kind of channel, see `reading.ts`. */
  scope?: string;
  run: (workspace: Workspace, given: Arguments) => SlackAnswer;
}

/** The Web API methods that Belay uses, as https://docs.slack.dev/reference/methods describes them. */
const METHODS: Record<string, Method> = {
  'auth.test': { run: authTest },
  'chat.postMessage': { scope: 'chat:write', run: postMessage },
  'chat.postEphemeral': { scope: 'chat:write', run: postEphemeral },
  'chat.update': { scope: 'chat:write', run: update },
  'conversations.history': { run: history },
  'conversations.open': { scope: 'im:write', run: openConversation },
  'conversations.replies': { run: replies },
  'users.info': { scope: 'users:read', run: userInfo },
  'usergroups.users.list': { scope: 'usergroups:read', run: userGroup },
};

/** All that Belay's app asks for; see docs/slack-app-manifest.yaml. */
export const ALL_SCOPES = [
  'channels:history',
  'chat:write',
  'commands',
  'groups:history',
  'im:history',
  'im:write',
  'usergroups:read',
];

export const isMethod = (name: string): boolean => Object.hasOwn(METHODS, name);

/** Answers a call whose token was right. */
export function callMethod(name: string, workspace: Workspace, given: Arguments): SlackAnswer {
  const method = METHODS[name];
  if (!method) return refusal('unknown_method', { req_method: name });
  const { scope, run } = method;
  if (scope !== undefined && !workspace.scopes.includes(scope))
    return refusal('missing_scope', { needed: scope, provided: workspace.scopes.join(',') });
  return run(workspace, given);
}
