import type { Readable } from 'node:stream';
import { redact } from '../secrets/index.js';

const MAX = 4_096;
/** Redaction must see values whole, so more is kept than is shown. */
const KEPT = 8 * MAX;

/** Keeps the end of a program's standard error and gives it: redacted, at most 4 KB, cut at a line where possible. */
export function stderrTail(stderr: Readable): () => string {
  let kept = '';
  stderr.setEncoding('utf8');
  stderr.on('data', (text: string) => (kept = (kept + text).slice(-KEPT)));
  stderr.on('error', () => undefined);
  return () => {
    const text = redact(kept).trim();
    if (text.length <= MAX) return text;
    const end = text.slice(-MAX);
    const line = end.indexOf('\n');
    return line >= 0 && line < MAX / 2 ? end.slice(line + 1) : end;
  };
}
