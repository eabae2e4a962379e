import { Client } from 'pg';
import type { SandboxState } from '../../sandbox/kit/types.js';

type Server = NonNullable<SandboxState['postgres']>;

/** Customers that sales and events are of; a dump of 12 MB has as many. */
const BUYERS = 10_000;
/** Rows that one statement writes. */
const CHUNK = 500_000;
const STATEMENT_MS = 30 * 60_000;

/** One table of the benchmark's database. */
export interface GeneratedTable {
  name: string;
  /** Share of the dump's bytes. */
  share: number;
  /** Bytes of one row in a dump, a little less than measured, so that the dump is rather longer than asked for. */
  rowBytes: number;
  columns: string;
  /** Values of row `n`, by hashes of it: every run makes the same data. */
  values: string;
  indexes: readonly string[];
}

/** A whole number from 0 to `below` - 1 that depends on the row and on `seed`. */
const pick = (seed: number, below: number): string => `abs(hashint8extended(n, ${seed}) % ${below})`;
const word = (seed: number, words: readonly string[]): string =>
  `(ARRAY['${words.join("','")}'])[1 + ${pick(seed, words.length)}]`;

const FIRST = ['Ada', 'Bola', 'Chen', 'Dana', 'Eero', 'Farah', 'Goran', 'Hana', 'Ines', 'Jomo', 'Kaya', 'Liam'];
const LAST = ['Abara', 'Berg', 'Cruz', 'Dubois', 'Eklund', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jensen', 'Kowalski'];
const CITIES = ['Accra', 'Bergen', 'Cusco', 'Dakar', 'Erfurt', 'Fukuoka', 'Galway', 'Hanoi', 'Izmir', 'Jaipur', 'Kyiv'];
const KINDS = ['page_view', 'search', 'add_to_cart', 'remove_from_cart', 'checkout', 'payment', 'login', 'logout'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
];

/** A shop: some columns compress well, some (digests) hardly, as in real databases. */
export const tables: readonly GeneratedTable[] = [
  {
    ...{ name: 'customer', share: 0.1, rowBytes: 111 },
    columns:
      'id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL, city text, joined timestamptz, token text',
    values: `n, ${word(1, FIRST)} || ' ' || ${word(2, LAST)}, 'customer.' || n || '@example.com', ${word(3, CITIES)},
      timestamptz '2015-01-01' + ${pick(4, 300_000_000)} * interval '1 second', md5(n::text)`,
    indexes: ['CREATE INDEX customer_by_email ON customer (email)'],
  },
  {
    ...{ name: 'sale', share: 0.25, rowBytes: 118 },
    columns: `id bigint PRIMARY KEY, customer_id bigint NOT NULL, status text NOT NULL, total numeric(12,2) NOT NULL,
      placed timestamptz NOT NULL, details jsonb`,
    values: `n, 1 + ${pick(11, BUYERS)}, ${word(12, ['paid', 'shipped', 'returned', 'cancelled'])},
      ${pick(13, 500_000)} / 100.0, timestamptz '2024-01-01' + n * interval '2 seconds',
      jsonb_build_object('items', ${pick(14, 9)}, 'city', ${word(15, CITIES)}, 'coupon', ${pick(16, 1_000_000)}, 'gift', n % 7 = 0)`,
    indexes: ['CREATE INDEX sale_by_customer ON sale (customer_id)', 'CREATE INDEX sale_by_time ON sale (placed)'],
  },
  {
    ...{ name: 'event', share: 0.65, rowBytes: 192 },
    columns: `id bigint PRIMARY KEY, at timestamptz NOT NULL, customer_id bigint NOT NULL, kind text NOT NULL, path text,
      agent text, took_ms integer`,
    values: `n, timestamptz '2025-01-01' + n * interval '0.731 seconds', 1 + ${pick(21, BUYERS)}, ${word(22, KINDS)},
      '/products/' || ${pick(23, 40_000)} || '/reviews/' || ${pick(24, 10_000)}, ${word(25, AGENTS)}, ${pick(26, 4_000)}`,
    indexes: ['CREATE INDEX event_by_time ON event (at)'],
  },
];

/** Rows of a table in a database whose dump stream has so many bytes. Pure. */
export const rowsFor = ({ share, rowBytes }: GeneratedTable, dumpBytes: number): number =>
  Math.ceil((dumpBytes * share) / rowBytes);

/** Connects as the sandbox's superuser, and ends the connection afterwards. */
export async function onServer<T>(server: Server, database: string, work: (client: Client) => Promise<T>): Promise<T> {
  const { host, port, user, password } = server;
  const client = new Client({ host, port, user, password, database, query_timeout: STATEMENT_MS });
  // A server that is stopped in this moment must not end this process; the query that runs fails.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function fill(
  server: Server,
  database: string,
  table: GeneratedTable,
  options: { dumpBytes: number; signal: AbortSignal },
): Promise<void> {
  const rows = rowsFor(table, options.dumpBytes);
  await onServer(server, database, async (client) => {
    await client.query(`CREATE TABLE ${table.name} (${table.columns})`);
    for (let from = 1; from <= rows; from += CHUNK) {
      options.signal.throwIfAborted();
      const to = Math.min(rows, from + CHUNK - 1);
      await client.query(`INSERT INTO ${table.name} SELECT ${table.values} FROM generate_series(${from}, ${to}) AS n`);
    }
    for (const index of table.indexes) await client.query(index);
    // Otherwise the first reader would write to every page.
    await client.query(`VACUUM (FREEZE, ANALYZE) ${table.name}`);
  });
}

/** Creates a database whose `pg_dump -Fc -Z0` has about so many bytes, rather more. */
export async function createDatabase(
  server: Server,
  database: string,
  options: { dumpBytes: number; signal: AbortSignal },
): Promise<void> {
  await onServer(server, 'postgres', (client) => client.query(`CREATE DATABASE ${database}`));
  await Promise.all(tables.map((table) => fill(server, database, table, options)));
  await onServer(server, database, async (client) => {
    await client.query(
      'ALTER TABLE sale ADD CONSTRAINT sale_of_customer FOREIGN KEY (customer_id) REFERENCES customer (id)',
    );
    await client.query('CHECKPOINT');
  });
}
