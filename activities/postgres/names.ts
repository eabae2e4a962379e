import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { backupError } from '../backup/errors.js';

/** Longest name that PostgreSQL keeps; it cuts longer ones off silently. */
const MAX_BYTES = 63;

/** `schema.table`, quoted for SQL. */
export const quoted = (...parts: string[]): string => parts.map((part) => escapeIdentifier(part)).join('.');

export const literal = (text: string): string => escapeLiteral(text);

/** Name of our sessions, `belay <workflow id> <random>`: the random part tells two attempts of a run apart. At most 63 bytes. */
export function applicationName(workflowId: string): string {
  // The server replaces what is not printable ASCII, and we would not find ourselves again.
  const printable = `belay ${workflowId}`.replace(/[^ -~]/g, '?');
  return `${printable.slice(0, MAX_BYTES - 7)} ${randomBytes(3).toString('hex')}`;
}

/** Throws `Unsupported` for names that PostgreSQL would cut off, or that are none. */
export function checkName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > 0 && bytes <= MAX_BYTES && !name.includes('\0')) return;
  throw backupError('Unsupported', `"${name}" is no name for a database: use 1 to ${MAX_BYTES} bytes.`);
}
