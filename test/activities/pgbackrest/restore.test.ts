import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExternalBackup } from '../../../activities/backup/types.js';
import { pgbackrestEngine as engine } from '../../../activities/pgbackrest/index.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newBackupId, startPlace, type Place } from './support.js';

const MINUTES = 5 * 60_000;
let place: Place;
let external: ExternalBackup;
let recoveryPoint: string;

beforeAll(async () => {
  place = await startPlace();
  await place.query('CREATE TABLE orders (id int PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())');
  await place.query('INSERT INTO orders SELECT generate_series(1, 100)');
  const taken = await engine.take(place.source, newBackupId(), place.context());
  external = taken.external;
  recoveryPoint = taken.recoveryPoint.at;
}, SANDBOX_MS);
afterAll(() => place?.end());

const ids = 'SELECT min(id), max(id), count(*) FROM orders';
const beside = (name: string): string => join(dirname(place.data), name);

test(
  'to the end of the backup: the rows of that moment, whatever came after',
  async () => {
    await sleep(1_100);
    await place.query('INSERT INTO orders SELECT generate_series(101, 150)');
    const context = place.context();
    const look = await engine.inspectRestore(place.source, 'orders_copy', external.bytes ?? 0, context);
    expect(look).toMatchObject({ problems: [], liveName: place.data });
    await engine.restore(place.source, external, 'orders_copy', undefined, context);
    const copy = await place.startOn(beside('orders_copy'));
    expect(await copy.query(ids)).toBe('1\t100\t100');
    expect(await copy.query('SHOW archive_mode')).toBe('off');
    expect(await copy.query('SELECT pg_is_in_recovery()')).toBe('f');
    await expect(engine.drop?.(place.source, 'orders_copy', context)).rejects.toMatchObject({ type: 'InUse' });
    await copy.stop();
    expect(await place.query(ids)).toBe('1\t150\t150');
    const again = await engine.inspectRestore(place.source, 'orders_copy', 0, context);
    expect(again.problems).toEqual([expect.stringContaining('is there already')]);
    await expect(
      engine.restore(place.source, external, 'orders_copy', undefined, place.context()),
    ).rejects.toMatchObject({ type: 'NameTaken' });
  },
  MINUTES,
);

test(
  'to a time between two inserts: exactly the rows that were there then',
  async () => {
    await place.query('INSERT INTO orders SELECT generate_series(151, 200)');
    await sleep(200);
    const between = await place.query(
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    );
    await sleep(200);
    await place.query('INSERT INTO orders SELECT generate_series(201, 250)');
    await place.query('DELETE FROM orders WHERE id <= 50');
    await engine.restore(place.source, external, 'orders_between', between, place.context());
    const copy = await place.startOn(beside('orders_between'));
    expect(await copy.query(ids)).toBe('1\t200\t200');
    await copy.stop();
    expect(await place.query(ids)).toBe('51\t250\t200');
  },
  MINUTES,
);

test(
  'to this very moment, although nothing was written since',
  async () => {
    await sleep(100);
    const now = new Date().toISOString();
    await engine.restore(place.source, external, 'orders_now', now, place.context());
    const copy = await place.startOn(beside('orders_now'));
    expect(await copy.query(ids)).toBe('51\t250\t200');
    await copy.stop();
  },
  MINUTES,
);

test(
  'a time before the end of the backup, and one that is still to come, are refused',
  async () => {
    const early = new Date(Date.parse(recoveryPoint) - 60_000).toISOString();
    await expect(engine.restore(place.source, external, 'early', early, place.context())).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('older backup'),
    });
    const late = new Date(Date.now() + 3_600_000).toISOString();
    await expect(engine.restore(place.source, external, 'late', late, place.context())).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('earlier time'),
    });
    expect(await engine.drop?.(place.source, 'late', place.context())).toBe(true);
  },
  MINUTES,
);

test(
  'drop removes what carries our tag, and nothing else',
  async () => {
    const context = place.context();
    for (const name of ['orders_copy', 'orders_between', 'orders_now']) {
      expect(await engine.drop?.(place.source, name, context)).toBe(true);
      await expect(stat(beside(name))).rejects.toThrow(/ENOENT/);
      expect(await engine.drop?.(place.source, name, context)).toBe(false);
    }
    await expect(engine.drop?.(place.source, 'repo', context)).rejects.toMatchObject({ type: 'NotOurs' });
    await expect(engine.drop?.(place.source, 'data', context)).rejects.toMatchObject({ type: 'Unsupported' });
    expect(await place.query('SELECT 1')).toBe('1');
  },
  MINUTES,
);
