/**
 * Process-wide registry of secret values that this worker has resolved. It is the one global of the activities, on purpose:
 * a logger or an error path must know every value, whichever activity resolved it.
 */
const forms = new Set<string>();
let pattern: RegExp | undefined;

/** Shorter values would turn ordinary text into noise; a secret this short protects nothing. */
const MIN_LENGTH = 4;
/** Enough for every reference of every system many times over; the oldest forms go first when values rotate for months. */
const MAX_FORMS = 20_000;
const MASK = '[redacted]';

/** Things that look like credentials even if nobody registered them. */
const LOOKS_SECRET: [RegExp, string][] = [
  [/\b(xox[a-z]|xapp)-[\w-]{6,}/g, MASK],
  [/(:\/\/[^/\s:@"'<>]{0,200}:)[^/\s@"'<>]{1,500}@/g, `$1${MASK}@`],
  [/\b(bearer|basic) +[\w.~+/=-]{8,}/gi, `$1 ${MASK}`],
];

/** The stable middle of a value's base64 at each of the three byte offsets, so that it is found inside a longer encoding too. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const parts = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const skip = offset === 0 ? 0 : offset + 1;
    const tail = (bytes.length + offset) % 3 === 0 ? encoded.length : encoded.length - 1;
    const core = encoded.slice(skip, tail);
    const urlSafe = core.replaceAll('+', '-').replaceAll('/', '_');
    return core.length >= 6 ? [core, urlSafe] : [];
  });
  return [bytes.toString('base64'), ...parts];
}

/** Remembers a resolved value so that {@link redact} hides it: raw, trimmed, line by line, JSON-escaped, URL-encoded, base64. */
export function registerSecret(value: string): void {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 16);
  for (const raw of [value, value.trim(), ...lines]) {
    if (raw.length < MIN_LENGTH) continue;
    const formEncoded = new URLSearchParams({ v: raw }).toString().slice(2);
    for (const form of [
      raw,
      JSON.stringify(raw).slice(1, -1),
      encodeURIComponent(raw),
      formEncoded,
      ...base64Forms(raw),
    ]) {
      if (forms.has(form)) continue;
      forms.add(form);
      pattern = undefined;
    }
  }
  for (const oldest of forms) {
    if (forms.size <= MAX_FORMS) break;
    forms.delete(oldest);
  }
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The text without any resolved secret value (raw, base64, URL-encoded) and without what looks like a credential. */
export function redact(text: string): string {
  if (forms.size > 0) {
    pattern ??= new RegExp(
      [...forms]
        .toSorted((a, b) => b.length - a.length)
        .map(escapeRegExp)
        .join('|'),
      'g',
    );
    text = text.replace(pattern, MASK);
  }
  return LOOKS_SECRET.reduce((masked, [looks, mask]) => masked.replace(looks, mask), text);
}

/** Never in the middle of a surrogate pair. */
const cut = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;

// Both redact before cutting: a value cut in half would no longer be recognised.

/** A redacted text of at most `max` characters, with its lines. */
export const boundedText = (text: string, max: number): string => cut(redact(text), max);

/** A redacted text of at most `max` characters on one line, for summaries and messages. */
export const bounded = (text: string, max = 300): string =>
  cut(
    redact(text)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
    max,
  );
