import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pgbackrestEngine as engine } from '../../../activities/pgbackrest/index.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newBackupId, startPlace, type Place } from './support.js';

const MINUTES = 5 * 60_000;
let place: Place;

beforeAll(async () => {
  place = await startPlace();
  await place.query(`CREATE TABLE orders (id int PRIMARY KEY, code text);
    INSERT INTO orders SELECT g, md5(g::text) FROM generate_series(1, 5000) AS g;`);
}, SANDBOX_MS);
afterAll(() => place?.end());

test(
  'of two backups of a stanza at a time one is told to come later, and a repeat of it works',
  async () => {
    const ids = [newBackupId(), newBackupId()];
    const both = await Promise.allSettled(ids.map((id) => engine.take(place.source, id, place.context())));
    const failed = both.flatMap((one, index) =>
      one.status === 'rejected' ? [{ reason: one.reason as Error, index }] : [],
    );
    expect(failed).toHaveLength(1);
    expect(failed[0]?.reason).toMatchObject({ type: 'InUse', nonRetryable: false });
    const { external } = await engine.take(place.source, ids[failed[0]?.index ?? 0] ?? '', place.context());
    expect(external.details['type']).toBe('incr');
  },
  MINUTES,
);

test(
  'an index that lacks rows, which every file check and every count passes, is found by L4',
  async () => {
    await place.query("UPDATE pg_index SET indisready = false WHERE indexrelid = 'orders_pkey'::regclass");
    await place.query('INSERT INTO orders SELECT g, md5(g::text) FROM generate_series(5001, 5010) AS g');
    await place.query("UPDATE pg_index SET indisready = true WHERE indexrelid = 'orders_pkey'::regclass");
    const { external } = await engine.take(place.source, newBackupId(), place.context());
    const { levels } = await engine.verify(place.source, external, 'L4', place.context());
    expect(levels.map(({ level, passed }) => [level, passed])).toEqual([
      ['L2', true],
      ['L3', true],
      ['L4', false],
    ]);
    expect(levels[2]?.summary).toMatch(/pg_amcheck: .*orders_pkey/);
    await place.query('REINDEX INDEX orders_pkey');
  },
  MINUTES,
);

test(
  'an archive that does not take WAL is seen before anything is backed up',
  async () => {
    const command = await place.query('SHOW archive_command');
    await place.query("ALTER SYSTEM SET archive_command = '/bin/false pgbackrest'");
    await place.query('SELECT pg_reload_conf()');
    await expect(engine.take(place.source, newBackupId(), place.context())).rejects.toMatchObject({
      type: 'Stalled',
      message: expect.stringContaining('did not reach the archive in time'),
    });
    const facts = await engine.inspect(place.source, place.context());
    expect(facts.warnings).toEqual([expect.stringContaining('the last try to archive failed')]);
    await place.query(`ALTER SYSTEM SET archive_command = '${command.replaceAll("'", "''")}'`);
    await place.query('SELECT pg_reload_conf()');
    await place.pgbackrest('check');
    expect((await engine.inspect(place.source, place.context())).warnings).toEqual([]);
  },
  MINUTES,
);

test(
  'pages of the live data with wrong checksums make the backup a failure, not a warning',
  async () => {
    await place.query('CHECKPOINT');
    const path = await place.query("SELECT pg_relation_filepath('orders')");
    const file = await open(join(place.data, path), 'r+');
    // In the middle of the first page, where rows lie.
    await file.write(Buffer.from('damage'), 0, 6, 6_000);
    await file.close();
    const id = newBackupId();
    const failure = { type: 'Damaged', nonRetryable: true, message: expect.stringContaining('checksums were wrong') };
    await expect(engine.take({ ...place.source, kind: 'full' }, id, place.context())).rejects.toMatchObject(failure);
    await expect(engine.take(place.source, id, place.context())).rejects.toMatchObject(failure);
  },
  MINUTES,
);
