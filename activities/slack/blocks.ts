import type { ActionsBlock, Button, ContextBlock, HeaderBlock, KnownBlock, SectionBlock } from '@slack/web-api';
import { redact } from '../secrets/redact.js';
import { actionIds, signButton, type ButtonAction, type ButtonValue } from './buttonValue.js';
import { CONTEXT_MAX, cut, cutMrkdwn, FIELD_MAX, HEADER_MAX, SECTION_MAX } from './text.js';

const oneLine = (text: string): string =>
  redact(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();

/** Never empty, which Slack refuses. */
const filled = (text: string, max: number): string => cut(text, max) || '–';

/** Plain text: nothing in it is a mention or a link. */
export const header = (text: string): HeaderBlock => ({
  type: 'header',
  text: { type: 'plain_text', text: filled(oneLine(text), HEADER_MAX), emoji: true },
});

/** `verbatim`: Slack makes no links and mentions of what it finds in the text. The caller has escaped it. */
const mrkdwn = (text: string, max: number) => ({
  type: 'mrkdwn' as const,
  text: cutMrkdwn(text, max) || '–',
  verbatim: true,
});

/** A paragraph of mrkdwn, perhaps with a button at its side. */
export const section = (text: string, accessory?: Button): SectionBlock => ({
  type: 'section',
  text: mrkdwn(text, SECTION_MAX),
  ...(accessory && { accessory }),
});

/** Short facts in two columns; Slack takes ten. */
export const facts = (all: [name: string, value: string][]): SectionBlock => ({
  type: 'section',
  fields: all.slice(0, 10).map(([name, value]) => mrkdwn(`*${name}*\n${value}`, FIELD_MAX)),
});

export const context = (text: string): ContextBlock => ({ type: 'context', elements: [mrkdwn(text, CONTEXT_MAX)] });

/** Lines as paragraphs within Slack's limit; a line is never cut in two. */
export function paragraphs(lines: string[]): SectionBlock[] {
  const found: string[] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= SECTION_MAX)
      found[found.length - 1] = `${last}\n${line}`;
    else found.push(line);
  }
  return found.map((text) => section(text));
}

/** The first `max` of `all`, and a line with the number of the others. */
export function someOf<T>(all: T[], max: number, show: (one: T) => string, rest: string): string[] {
  const shown = all.slice(0, max).map(show);
  return all.length > max ? [...shown, `… and ${all.length - max} ${rest}`] : shown;
}

const LOOK: Record<ButtonAction, { label: string; style?: 'primary' | 'danger'; sure?: string }> = {
  acknowledge: { label: 'Acknowledge', style: 'primary' },
  escalate: { label: 'Escalate' },
  resolve: {
    label: 'Resolve',
    style: 'danger',
    sure: 'The incident ends; the status page and everybody who was told hear of it.',
  },
  start: { label: 'Start', sure: 'The runbook starts now, in your name.' },
};

/** A button with its signed value; none when the value is longer than Slack takes, or there is no key. */
export function button(value: ButtonValue, key: string | undefined, label?: string): Button | undefined {
  const signed = key === undefined ? undefined : signButton(value, key);
  if (signed === undefined) return undefined;
  const { style, sure, label: usual } = LOOK[value.a];
  const plain = (text: string, max: number) => ({ type: 'plain_text' as const, text: filled(oneLine(text), max) });
  return {
    type: 'button',
    text: plain(label ?? usual, 75),
    action_id: actionIds[value.a],
    value: signed,
    ...(style && { style }),
    ...(sure && {
      confirm: {
        title: plain(label ?? `${usual}?`, 100),
        text: plain(sure, 300),
        confirm: plain(usual, 30),
        deny: plain('Cancel', 30),
      },
    }),
  };
}

/** Buttons in a row, or nothing when there are none. */
export function actions(buttons: (Button | undefined)[]): ActionsBlock[] {
  const elements = buttons.filter((one) => one !== undefined);
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

/** How people answer where there are no buttons. */
export const answerByCommand = (incident: string): KnownBlock =>
  context(
    `To answer: \`belay incident ack ${cut(incident.replaceAll(/[`<>&\s]/g, ''), 1_000)}\`, or the update \`acknowledge\` in the Temporal UI.`,
  );
