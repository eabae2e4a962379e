import { createHash } from 'node:crypto';
import type { PageDelivery } from '../incident/types.js';
import type { Page } from '../oncall/types.js';
import { bounded, boundedText, redact } from '../secrets/redact.js';
import type { Notification } from '../types.js';

const SUBJECT_MAX = 200;
const TEXT_MAX = 3_000;
/** Pages that are written out; the others are counted. */
const PAGES_MAX = 20;

/** A mail without sender and recipients. */
export interface MailText {
  /** The same for every repeat; the message's id is made of it. */
  key: string;
  /** What mails of one thread have in common. */
  thread: string;
  subject: string;
  text: string;
  html: string;
  urgent: boolean;
}

const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** Only what a browser may safely open from a mail. */
const safeUrl = (url: string | undefined): string | undefined =>
  url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? redact(url) : undefined;

interface Part {
  title: string;
  text: string;
  footer: string;
  url: string | undefined;
}

function render(parts: Part[], end: string): { text: string; html: string } {
  const text = parts.map(({ title, text: body, footer, url }) =>
    [title, '', body, '', footer, ...(url ? [url] : [])].join('\n'),
  );
  const html = parts.map(({ title, text: body, footer, url }) =>
    [
      `<h2>${escapeHtml(title)}</h2>`,
      `<p>${escapeHtml(body).replaceAll('\n', '<br>\n')}</p>`,
      `<p><small>${escapeHtml(footer)}</small></p>`,
      ...(url ? [`<p><a href="${escapeHtml(url)}">Open the incident</a></p>`] : []),
    ].join('\n'),
  );
  const tail = end === '' ? [] : [end];
  return {
    text: `${[...text, ...tail].join('\n\n----\n\n')}\n`,
    html: `<!doctype html>\n<html><body>\n${[...html, ...tail.map((line) => `<p>${escapeHtml(line)}</p>`)].join('\n<hr>\n')}\n</body></html>\n`,
  };
}

const pagePart = ({ severity, title, text, level, at, incident, url }: Page): Part => ({
  title: bounded(`[${severity}] ${title}`, SUBJECT_MAX),
  text: boundedText(text, TEXT_MAX),
  footer: `Level ${level + 1} · ${new Date(at).toISOString()} · ${bounded(incident)}`,
  url: safeUrl(url),
});

/** The mail for a bundle of pages, the newest first. */
export function pageMail({ bundle }: Pick<PageDelivery, 'bundle'>): MailText {
  const newest = bundle.pages.toSorted((a, b) => b.at - a.at);
  // An urgent one gives the mail its subject, wherever it stands.
  const first = newest.find(({ urgent }) => urgent) ?? newest[0];
  const incidents = new Set(newest.map(({ incident }) => incident)).size;
  const others = incidents > 1 ? ` (and ${incidents - 1} more)` : '';
  const title = bounded(first === undefined ? 'Page' : `[${first.severity}] ${first.title}`, SUBJECT_MAX);
  const left = newest.length - PAGES_MAX;
  return {
    key: bundle.key,
    thread: first?.incident ?? bundle.key,
    subject: `${title}${others}`,
    urgent: newest.some(({ urgent }) => urgent),
    ...render(newest.slice(0, PAGES_MAX).map(pagePart), left > 0 ? `${left} further pages are not shown.` : ''),
  };
}

/** The mail for a notification to the channel as a whole. */
export function notificationMail({ kind, key, title, text, workflowId, topic }: Notification): MailText {
  const subject = bounded(title, SUBJECT_MAX) || 'Belay';
  const part = { title: subject, text: boundedText(text, TEXT_MAX), footer: bounded(workflowId), url: undefined };
  return { key, thread: topic ?? workflowId, subject, urgent: kind === 'page', ...render([part], '') };
}

/** `<hash@domain of the sender>`: the same for the same key and recipients, so that a repeat is recognised as one. */
export function messageId(from: string, ...parts: string[]): string {
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 40);
  return `<belay.${hash}@${from.slice(from.lastIndexOf('@') + 1)}>`;
}
