import { isatty } from 'node:tty';
import pc from 'picocolors';
import type { CliError } from './errors.js';

/** What a command may use of the outside: streams, modes, environment. */
export interface Io {
  /** One JSON document (or one per line for streams of events) instead of text. */
  json: boolean;
  debug: boolean;
  /** Whether a live display makes sense. */
  tty: boolean;
  env: NodeJS.ProcessEnv;
  out(text: string): void;
  /** Progress, warnings and errors: never mixed into what a pipe reads. */
  note(text: string): void;
}

/** Streams of this process. */
export function processIo(options: { json?: boolean; debug?: boolean }): Io {
  return {
    json: options.json ?? false,
    debug: options.debug ?? false,
    tty: isatty(1) && process.env['TERM'] !== 'dumb' && !options.json,
    env: process.env,
    out: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
  };
}

/** Prints `value` as JSON in JSON mode, else what `text` makes of it. */
export function print(io: Io, value: unknown, text: () => string): void {
  io.out(io.json ? JSON.stringify(value, null, 2) : text());
}

/** The one way errors are shown: on stderr, as JSON in JSON mode. */
export function printError(io: Io, error: CliError): void {
  if (io.json) {
    io.note(JSON.stringify({ error: error.message, details: error.details, exitCode: error.exitCode }));
    return;
  }
  io.note(`${pc.red('error')} ${error.message}`);
  for (const line of error.details) io.note(`  ${line}`);
}

/** Columns of equal width, two spaces apart. */
export function table(rows: string[][]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
