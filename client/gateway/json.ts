import { z } from 'zod';
import { GatewayError } from './errors.js';

const MAX_DEPTH = 32;
const PROBLEMS = 5;
const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

const invalid = (message: string): GatewayError => new GatewayError(400, 'INVALID', message, 'invalid');

/** How deep arrays and objects are nested, looked at before anything is built of them. */
export function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
  }
  return deepest;
}

/** Parses a body of at most 32 levels of UTF-8 JSON. Throws `GatewayError` 400. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw invalid('The body is empty; send JSON.');
  if (depthOf(bytes) > MAX_DEPTH) throw invalid(`The body is nested more than ${MAX_DEPTH} levels deep.`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('The body is not JSON in UTF-8.');
  }
}

/** A body of this shape. Throws `GatewayError` 400 that names what is wrong by its path, and repeats no value. */
export function parseBody<T extends z.ZodType>(schema: T, bytes: Buffer): z.output<T> {
  const parsed = schema.safeParse(parseJson(bytes));
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const words = issues.slice(0, PROBLEMS).map(({ path, message }) => `${z.core.toDotPath(path) || 'body'}: ${message}`);
  const more = issues.length > PROBLEMS ? [`and ${issues.length - PROBLEMS} more`] : [];
  throw invalid([...words, ...more].join('; ').slice(0, 2_000));
}

/** Refuses a body that does not say that it is JSON. Throws `GatewayError` 415. */
export function requireJson(contentType: string | undefined): void {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new GatewayError(415, 'NOT_JSON', 'Send the body as application/json.', 'mediaType');
}
