import type { SandboxState } from '../../sandbox/kit/types.js';
import type { SlackMessage } from '../../sandbox/slack/index.js';

/** Everything that was ever posted to the sandbox's Slack. */
export async function slackMessages({ slack }: SandboxState): Promise<SlackMessage[]> {
  if (!slack) throw new Error('the sandbox has no Slack');
  const answer = await fetch(new URL('/_sandbox/messages', slack.url));
  return (await answer.json()) as SlackMessage[];
}
