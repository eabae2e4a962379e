/** A value of a row as the driver gives it: with `safeIntegers`, and with text taken as its bytes. */
export type Cell = null | bigint | number | Buffer;

/**
 * Canonical bytes of a row: `types` is `typeof()` of each column, so that the text and the blob of the same bytes differ, and 1
 * from 1.0. Each value is preceded by its length, so that no two rows share their bytes. Pure.
 */
export function canonicalRow(types: string, cells: readonly Cell[]): Buffer {
  return Buffer.concat([Buffer.from(`${types}\n`), ...cells.flatMap(canonicalCell)]);
}

function canonicalCell(cell: Cell): Buffer[] {
  const bytes = bytesOf(cell);
  return [Buffer.from(`${bytes.length}:`), bytes];
}

function bytesOf(cell: Cell): Buffer {
  if (cell === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(cell)) return cell;
  if (typeof cell === 'bigint') return Buffer.from(cell.toString());
  // All bits of it: decimal text would depend on who prints it.
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(cell);
  return bytes;
}

/** A name in SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Reads a table for `canonicalRow`: first the types, then each column; text as bytes, since not every text is valid UTF-8. Pure. */
export function rowQuery(table: string, columns: readonly string[]): string {
  const types = columns.map((column) => `typeof(${quoted(column)})`).join(`||','||`);
  const values = columns.map((column) => {
    const name = quoted(column);
    return `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`;
  });
  return `SELECT ${types}, ${values.join(', ')} FROM ${quoted(table)}`;
}
