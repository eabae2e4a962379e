import type { WebClient } from '@slack/web-api';
import type { PageDelivery, PageSent, PagingDeps } from '../paging/deps.js';
import { buttonKeys } from './buttonValue.js';
import { refusalCode, slackRefused } from './errors.js';
import { pageMessage } from './pageMessage.js';
import { postOnce } from './post.js';

/** The id of the direct conversation with a member; asking for it twice gives the same. `undefined` without the scope `im:write`. */
async function conversationWith(client: WebClient, member: string): Promise<string | undefined> {
  const answer = await client.conversations.open({ users: member }).catch((error: unknown) => {
    if (refusalCode(error) !== undefined) return undefined;
    throw error;
  });
  return answer?.channel?.id;
}

/**
 * Pages a person by a direct message. `SlackRefused` (no member id, and what Slack refuses) and `SecretUnresolved` are final,
 * `SlackRateLimited` is retried when Slack says, `SlackUnavailable` by the policy. Posts once per `bundle.key`, see `postOnce`.
 */
export async function sendSlackPage(
  deps: Pick<PagingDeps, 'secrets' | 'env' | 'slackClientFor'>,
  { person, contact, bundle }: PageDelivery,
): Promise<PageSent> {
  const to = `Slack message to ${person.id}`;
  const { target } = contact;
  if (target.type !== 'slack') throw slackRefused(to, `channel "${contact.channel}" is no Slack channel`);
  const member = person.person.slack;
  if (member === undefined) throw slackRefused(to, `no Slack member id is known; add people.${person.id}.slack`);
  const [token, [key]] = await Promise.all([deps.secrets.resolve(target.token), buttonKeys(deps.secrets)]);
  const client = deps.slackClientFor(token, target.apiUrl ?? deps.env['BELAY_SLACK_API_URL']);
  const posted = await postOnce(
    client,
    { channel: member, to, urgent: true, lookInto: () => conversationWith(client, member) },
    { type: 'belay_page', key: bundle.key },
    () => pageMessage(bundle, key),
  );
  return { reference: `${posted.channel}/${posted.ts}` };
}
