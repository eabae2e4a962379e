import { oneLine } from './route.js';

const MAX_LABELS = 64;
const MAX_NAME = 200;
const MAX_VALUE = 1_024;
const MAX_LINKS = 5;
const MAX_URL = 2_000;
const MAX_SUMMARY = 500;
/** Kept first when an alert has too many labels: what rules mostly look at. */
const FIRST = ['alertname', 'severity', 'service', 'job', 'namespace', 'instance'];
/** Names that mean something to objects. */
const NEVER = new Set(['__proto__', 'constructor', 'prototype']);

/** Labels within bounds: at most 64, names of 200 and values of 1,024 characters; longer ones are cut, never refused, since an alert must not get lost. */
export function boundedLabels(labels: Record<string, string>): Record<string, string> {
  const names = Object.keys(labels).filter((name) => !NEVER.has(name) && name.length <= MAX_NAME && name !== '');
  const first = FIRST.filter((name) => names.includes(name));
  const kept = [...first, ...names.filter((name) => !FIRST.includes(name))].slice(0, MAX_LABELS);
  return Object.fromEntries(kept.map((name) => [name, (labels[name] ?? '').slice(0, MAX_VALUE)]));
}

/** The address if it is an http(s) one without credentials in it; it is shown, never fetched. */
function safeUrl(url: string | undefined): string | undefined {
  if (url === undefined || url.length > MAX_URL || !URL.canParse(url)) return undefined;
  const { protocol, username, password, href } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '' ? href : undefined;
}

/** Links that may be shown, at most five. */
export function boundedLinks(
  links: readonly { title: string; url: string | undefined }[],
): { title: string; url: string }[] {
  return links
    .flatMap(({ title, url }) => {
      const safe = safeUrl(url);
      return safe === undefined ? [] : [{ title: oneLine(title, 80), url: safe }];
    })
    .slice(0, MAX_LINKS);
}

/** One line of text; `undefined` when there is none. */
export function boundedSummary(...texts: (string | undefined)[]): string | undefined {
  const found = texts.find((text) => text !== undefined && text.trim() !== '');
  return found === undefined ? undefined : oneLine(found, MAX_SUMMARY);
}
