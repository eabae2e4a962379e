import type { KnownBlock } from '@slack/web-api';
import { redact } from '../secrets/redact.js';
import type { Notification, NotificationKind } from '../types.js';

/** Slack's limits in characters: https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_MAX = 150;
const SECTION_MAX = 3_000;
const CONTEXT_MAX = 2_000;
/** Of a notification's text, whatever the sender did (activities/types.ts). */
const TEXT_MAX = 3_000;

const SIGN: Record<NotificationKind, string> = {
  start: ':arrow_forward:',
  failure: ':x:',
  rollback: ':leftwards_arrow_with_hook:',
  end: ':white_check_mark:',
  page: ':rotating_light:',
};

const cut = (text: string, max: number): string => {
  if (text.length <= max) return text;
  // Never in the middle of a surrogate pair.
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
};

/** https://docs.slack.dev/messaging/formatting-message-text#escaping: nothing in a text can become a mention or a link by accident. */
export const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Markdown as reports write it (bold, headings, links) in Slack's own dialect; everything else stays text. */
export function toMrkdwn(markdown: string): string {
  return escapeMrkdwn(markdown)
    .replace(/^#{1,6} +(.+)$/gm, '*$1*')
    .replace(/\*\*([^*\n]+)\*\*/g, '*$1*')
    .replace(/\[([^\]\n]+)\]\((https?:\/\/[^\s)|]+)\)/g, '<$2|$1>');
}

/** Pieces of at most `max` characters, cut at a line end or a space where there is one, never inside an escape such as `&amp;`. */
export function pieces(text: string, max: number): string[] {
  const found: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const head = rest.slice(0, max);
    const line = head.lastIndexOf('\n');
    const space = head.lastIndexOf(' ');
    let at = line > max / 2 ? line : space > max / 2 ? space : max;
    const open = Math.max(head.lastIndexOf('&', at - 1), head.lastIndexOf('<', at - 1));
    if (open > 0 && !/[;>]/.test(head.slice(open, at)) && at - open < 400) at = open;
    found.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...found, rest].filter((piece) => piece !== '');
}

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
