import type { Pod } from '../../model/objects.js';
import { hiddenForms, MASK } from '../../redact.js';
import { redact } from '../../../secrets/redact.js';
import { copyObject, type Strings } from './hide.js';
import { occurring } from './occurring.js';

/** Between the parts of a value that a program may print one by one, e.g. the password of a URL. */
const BETWEEN = /[\s"'`=,;:@{}()[\]|&<>?]+/;
const MIN_PIECE = 8;
/** Plain words are not hidden in logs, only what has digits or signs, or is longer than words are. */
const LONG_WORD = 16;
const MAX_VALUE = 20_000;

/** What logs print of secrets that nothing in the pod's specification tells. */
const LOOKS_SECRET: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, MASK],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g, MASK],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, MASK],
  [
    /((?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)s?\\?["']?\s{0,3}[=:]\s{0,3}\\?["']?)[^\s"',;&\\]{3,500}/gi,
    `$1${MASK}`,
  ],
];

/**
 * Removes from a text what the pods' specifications hold in places where secrets may be (env, arguments, annotations), whole, in parts,
 * as base64 and in URLs; every secret that the worker knows; and what looks like one. `names` stay readable. A secret that a
 * program got in another way and prints without a sign cannot be recognised by anybody.
 */
export function evidenceRedactor(pods: Pod[], names: string[]): (text: string) => string {
  const values = new Set<string>();
  const collect: Strings = {
    hidden: (value) => {
      values.add(value);
      return value;
    },
    text: (value) => value,
  };
  for (const pod of pods) copyObject({ metadata: pod.metadata, spec: pod.spec }, collect);
  const keep = new Set(names);
  const forms = new Set(hiddenForms(pods, names));
  for (const value of values) {
    for (const piece of piecesOf(value)) {
      if (keep.has(piece)) continue;
      for (const form of encoded(piece)) forms.add(form);
    }
  }
  const search = occurring([...forms].toSorted((a, b) => b.length - a.length));
  return (text) => {
    const masked = search(text).reduce((rest, value) => rest.replaceAll(value, MASK), text);
    return redact(LOOKS_SECRET.reduce((rest, [looks, mask]) => rest.replace(looks, mask), masked));
  };
}

function piecesOf(value: string): string[] {
  const bounded = value.slice(0, MAX_VALUE);
  return [...new Set([value, ...bounded.split(BETWEEN)])].filter(isTelling);
}

const isTelling = (piece: string): boolean =>
  piece.length >= LONG_WORD || (piece.length >= MIN_PIECE && /\d|[^A-Za-z\s]/.test(piece));

/** As it is, as it looks in JSON, in a URL, and in base64. */
function encoded(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), base64];
}
