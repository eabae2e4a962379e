import { redact } from '../secrets/redact.js';

/** Slack's limits in characters: https://docs.slack.dev/reference/block-kit/blocks */
export const HEADER_MAX = 150;
export const SECTION_MAX = 3_000;
export const FIELD_MAX = 2_000;
export const CONTEXT_MAX = 2_000;

/** At most `max` UTF-16 units, with an ellipsis where something was cut off. */
export const cut = (text: string, max: number): string => {
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

/** Notifies a whole channel where a client parses names; told by its look, whatever stands before it. */
const LOUD = /@(?=(?:channel|here|everyone)\b)/gi;

/** Escaped text of at most `max`, with an ellipsis where something was cut off; never inside an escape or a link. */
export function cutMrkdwn(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '');
  return `${head.replace(/&[a-z]{0,4}$/, '').replace(/<[^<>]*$/, '')}…`;
}

/** Text of machines or people for mrkdwn: escaped, on one line, cut to `max`, and unable to mention a channel. */
export function inert(text: string, max = 300): string {
  const line = redact(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  // A zero-width space between: people read the same.
  return escapeMrkdwn(cut(line, max).replace(LOUD, '@\u200b'));
}

/** So that a link has room in every block. */
const ADDRESS_MAX = 1_000;

/** A link if the address is http(s) and not too long, else the title alone. */
export function link(url: string | undefined, title: string): string {
  const shown = inert(title, 150).replaceAll('|', '¦');
  if (url === undefined || !URL.canParse(url)) return shown;
  const { protocol, href } = new URL(redact(url));
  if (protocol !== 'https:' && protocol !== 'http:') return shown;
  const address = href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('&', '&amp;');
  return address.length > ADDRESS_MAX ? shown : `<${address}|${shown}>`;
}

/** A time (ms since the epoch) that every reader sees in their own time zone; UTC where a client cannot. */
export function moment(at: number, format = '{date_short_pretty} {time}'): string {
  const utc = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return `<!date^${Math.floor(at / 1000)}^${format}|${utc} UTC>`;
}
