import type { KnownBlock } from '@slack/web-api';
import { redact } from '../secrets/redact.js';
import type { PageBundle } from '../incident/types.js';
import type { Page } from '../oncall/types.js';
import { actions, answerByCommand, button, context, header, paragraphs, section, someOf } from './blocks.js';
import type { ButtonAction } from './buttonValue.js';
import type { SlackContent } from './post.js';
import { cut, inert, link, moment } from './text.js';

/** Of several pages, how many have a paragraph and a button of their own, and how many of the others a line. */
const WITH_BUTTON = 5;
const WITH_LINE = 15;

const buttonOf = (page: Page, action: ButtonAction, key: string | undefined) =>
  button({ i: page.incident, a: action, l: page.level, t: page.at }, key);

/** Where a page stands on the ladder, and when it was made; what it says may be out of date when it is read. */
const stamp = ({ level, at, url, incident }: Page): string =>
  `Level ${level + 1} · paged ${moment(at)} · ${link(url, incident)}`;

function single(page: Page, key: string | undefined): KnownBlock[] {
  const lines = cut(redact(page.text), 2_000)
    .split('\n')
    .slice(0, 40)
    .map((line) => inert(line, 2_000));
  const buttons = actions([buttonOf(page, 'acknowledge', key), buttonOf(page, 'escalate', key)]);
  return [
    header(`:rotating_light: ${page.severity} · ${page.title}`),
    ...(lines.join('').trim() === '' ? [] : paragraphs(lines)),
    context(stamp(page)),
    ...(buttons.length > 0 ? buttons : [answerByCommand(page.incident)]),
  ];
}

function several(pages: Page[], key: string | undefined): KnownBlock[] {
  const line = (page: Page) => `*${inert(page.severity, 40)}* ${link(page.url, page.title)}`;
  const first = pages.slice(0, WITH_BUTTON);
  const others = pages.slice(WITH_BUTTON);
  const buttons = first.map((page) => buttonOf(page, 'acknowledge', key));
  return [
    header(`:rotating_light: ${pages.length} pages`),
    ...first.map((page, index) =>
      section(
        `${line(page)}\n${inert(page.text, 300)}\nLevel ${page.level + 1} · paged ${moment(page.at)}`,
        buttons[index],
      ),
    ),
    ...paragraphs(someOf(others, WITH_LINE, line, 'more')),
    ...(buttons.some((one) => one === undefined) ? [answerByCommand('INCIDENT')] : []),
  ];
}

/** The direct message for one or several pages, urgent ones first, within Slack's limits. Without a key it has no buttons and says how to answer. */
export function pageMessage({ pages }: PageBundle, key: string | undefined): SlackContent {
  const sorted = pages.toSorted((a, b) => Number(b.urgent) - Number(a.urgent) || a.at - b.at);
  const [first] = sorted;
  if (first === undefined) return { text: 'No page', blocks: [header('No page')] };
  const more = sorted.length > 1 ? ` and ${sorted.length - 1} more` : '';
  return {
    text: `[${inert(first.severity, 40)}] ${inert(first.title, 200)}${more}`,
    blocks: sorted.length === 1 ? single(first, key) : several(sorted, key),
  };
}
