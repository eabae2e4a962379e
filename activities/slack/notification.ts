import type { KnownBlock, WebClient } from '@slack/web-api';
import { redact } from '../secrets/redact.js';
import type { Notification, NotificationKind } from '../types.js';
import { postOnce } from './post.js';
import { CONTEXT_MAX, cut, escapeMrkdwn, HEADER_MAX, pieces, SECTION_MAX, toMrkdwn } from './text.js';

/** Of a notification's text, whatever the sender did (activities/types.ts). */
const TEXT_MAX = 3_000;

const SIGN: Record<NotificationKind, string> = {
  start: ':arrow_forward:',
  failure: ':x:',
  rollback: ':leftwards_arrow_with_hook:',
  end: ':white_check_mark:',
  page: ':rotating_light:',
};

/** The message as Slack takes it, within its limits, without secrets. `text` is what notifications and screen readers show. */
export function slackMessage(notification: Notification): { text: string; blocks: KnownBlock[] } {
  const title = cut(redact(notification.title).replace(/\s+/g, ' ').trim() || 'Belay', HEADER_MAX);
  const body = pieces(toMrkdwn(cut(redact(notification.text), TEXT_MAX)), SECTION_MAX);
  const run = cut(`${SIGN[notification.kind]} run \`${escapeMrkdwn(redact(notification.workflowId))}\``, CONTEXT_MAX);
  return {
    text: escapeMrkdwn(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title, emoji: true } },
      ...body.map((text): KnownBlock => ({ type: 'section', text: { type: 'mrkdwn', text } })),
      { type: 'context', elements: [{ type: 'mrkdwn', text: run }] },
    ],
  };
}

/** Posts a notification once; see `postOnce` for how, and what it throws. */
export async function postNotification(
  client: WebClient,
  target: { channelName: string; channel: string },
  notification: Notification,
): Promise<{ delivered: boolean; reference: string }> {
  const { channel, channelName } = target;
  const { key, kind } = notification;
  const mark = { type: 'belay_notification', key, more: { kind } };
  const posted = await postOnce(client, { channel, to: `Slack channel "${channelName}"` }, mark, () =>
    slackMessage(notification),
  );
  return { delivered: true, reference: `${posted.channel}/${posted.ts}` };
}
