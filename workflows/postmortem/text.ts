/** Pieces of markdown. What comes from alerts and people is text: it cannot open a table cell, a link, a tag or a line to be filled in. */
const escaped = (text: string): string => text.replaceAll(/[\\|[<]/g, '\\$&').replaceAll(/[\s\p{Cc}]+/gu, ' ');

export const plain = (text: string, max = 300): string => {
  const line = text.length > max ? `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
  return escaped(line).trim();
};

export const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A span as people say it: `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A table; `none` stands in its place when there is no row. */
export function table(head: string[], rows: string[][], none: string): string[] {
  if (rows.length === 0) return [none];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Marks what only people can say. */
export const toFill = (what: string): string => `[to be filled in: ${what}]`;

/** What of a text is still to be filled in. */
export const missingIn = (text: string): string[] =>
  [...text.matchAll(/(?<!\\)\[to be filled in: ([^\]\n]{1,200})\]/g)].map(([, what]) => what ?? '');
