import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExternalBackup } from '../../../activities/backup/types.js';
import { pgbackrestEngine as engine } from '../../../activities/pgbackrest/index.js';
import { scratchRoot } from '../../../activities/throwaway/index.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newBackupId, startPlace, type Place } from './support.js';

const MINUTES = 5 * 60_000;
let place: Place;
let first: ExternalBackup;
let second: ExternalBackup;

beforeAll(async () => {
  place = await startPlace();
  await place.query(`CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS code FROM generate_series(1, 20000) AS g;
    ALTER TABLE orders ADD PRIMARY KEY (id);`);
  await place.query('CREATE DATABASE other');
}, SANDBOX_MS);
afterAll(() => place?.end());

const throwaways = () => readdir(join(scratchRoot(), 't')).catch(() => []);
/** Folder of the cluster's WAL in the repository, e.g. `15-1`. */
async function archive(): Promise<string> {
  const folder = join(place.repo, 'archive', 'main');
  const name = (await readdir(folder)).find((one) => /^\d+-1$/.test(one));
  if (name === undefined) throw new Error('nothing was archived');
  return join(folder, name);
}

const levelsOf = (levels: { level: string; passed: boolean }[]) => levels.map(({ level, passed }) => [level, passed]);

describe('backups', () => {
  test(
    'the facts of the stanza are those of the server',
    async () => {
      const facts = await engine.inspect(place.source, place.context());
      const id = await place.query('SELECT system_identifier FROM pg_control_system()');
      expect(facts.identity).toBe(id);
      expect(facts.tools['pgbackrest']).toMatch(/^2\.\d+$/);
      expect(facts.warnings).toEqual([]);
    },
    MINUTES,
  );

  test(
    'the first one is full, the next takes only what has changed, and a repeat finds what was taken',
    async () => {
      const id = newBackupId();
      const context = place.context();
      const one = await engine.take(place.source, id, context);
      first = one.external;
      expect(first).toMatchObject({
        kind: 'pgbackrest',
        id: expect.stringMatching(/^\d{8}-\d{6}F$/),
        details: { backupId: id, type: 'full', chain: `main/${first.id}`, needs: '' },
      });
      expect(context.said.some((line) => line.includes('backup file'))).toBe(true);
      expect(await engine.take(place.source, id, place.context())).toEqual(one);
      await place.query('DELETE FROM orders WHERE id > 19990');
      second = (await engine.take(place.source, newBackupId(), place.context())).external;
      expect(second.details).toMatchObject({ type: 'incr', chain: `main/${first.id}`, needs: first.id });
      expect(second.bytes ?? 0).toBeLessThan((first.bytes ?? 0) / 2);
      const info = JSON.parse(await place.pgbackrest('info', '--output=json')) as { backup: unknown[] }[];
      expect(info[0]?.backup).toHaveLength(2);
    },
    MINUTES,
  );

  test(
    'reach L4: restored, started, every row read, pg_amcheck and smoke queries good, and nothing is left',
    async () => {
      const smoke = [{ name: 'orders', query: 'SELECT count(*) FROM orders', equals: 19_990 }];
      const { levels, timings } = await engine.verify({ ...place.source, smoke }, second, 'L4', place.context());
      expect(levelsOf(levels)).toEqual([
        ['L2', true],
        ['L3', true],
        ['L4', true],
      ]);
      expect(levels[2]?.summary).toContain('19990 rows of 1 tables in 3 databases read, pg_amcheck clean');
      expect(Object.keys(timings).toSorted()).toEqual(['examine', 'replay', 'restore', 'verify']);
      expect(await throwaways()).toEqual([]);
      // Nothing that the test restore did has reached the archive of the live cluster.
      const folders = await readdir(await archive());
      expect(folders.filter((name) => /^[0-9A-F]{16}$/.test(name) && !name.startsWith('00000001'))).toEqual([]);
    },
    MINUTES,
  );

  test(
    'an answer of a smoke query that is wrong fails L4; more than L4 is refused before anything is read',
    async () => {
      const smoke = [{ name: 'orders', query: 'SELECT count(*) FROM orders', min: 1_000_000 }];
      const { levels } = await engine.verify({ ...place.source, smoke }, second, 'L4', place.context());
      expect(levels.at(-1)).toMatchObject({ level: 'L4', passed: false, summary: expect.stringContaining('19990') });
      await expect(engine.verify(place.source, second, 'L5', place.context())).rejects.toMatchObject({
        type: 'Unsupported',
        message: expect.stringContaining('verify: L4'),
      });
    },
    MINUTES,
  );
});

describe('damage in the repository', () => {
  const broken = async (path: string, change: (bytes: Buffer) => Buffer): Promise<() => Promise<void>> => {
    const good = await readFile(path);
    await writeFile(path, change(Buffer.from(good)));
    return () => writeFile(path, good);
  };
  const verify = () => engine.verify(place.source, second, 'L3', place.context());

  async function biggestFile(label: string): Promise<string> {
    const folder = join(place.repo, 'backup', 'main', label, 'pg_data', 'base');
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.lz4'));
    const sized = await Promise.all(
      names.map(async (name) => [(await readFile(join(folder, name))).length, name] as const),
    );
    return join(folder, sized.toSorted(([a], [b]) => b - a)[0]?.[1] ?? '');
  }

  test(
    'one changed byte in a file that the set needs is found',
    async () => {
      const mend = await broken(await biggestFile(first.id), (bytes) => {
        const at = Math.floor(bytes.length / 2);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return bytes;
      });
      const { levels } = await verify();
      await mend();
      expect(levelsOf(levels)).toEqual([['L2', false]]);
      expect(levels[0]?.summary).toMatch(/checksum invalid: 1/);
      expect(levelsOf((await verify()).levels)).toEqual([
        ['L2', true],
        ['L3', true],
      ]);
    },
    MINUTES,
  );

  test(
    'a whole set that is gone, although the list of the repository still has it, is found',
    async () => {
      const folder = join(place.repo, 'backup', 'main', second.id);
      await rename(folder, `${folder}.away`);
      const away = join(place.repo, 'away');
      await rename(`${folder}.away`, away);
      const { levels } = await verify();
      await rename(away, folder);
      expect(levels[0]).toMatchObject({
        level: 'L2',
        passed: false,
        summary: expect.stringContaining('does not mention it'),
      });
    },
    MINUTES,
  );

  test(
    'a segment of WAL that the set needs and that is missing is found',
    async () => {
      const start = String(second.details['walStart']);
      const folder = join(await archive(), start.slice(0, 16));
      const name = (await readdir(folder)).find((one) => one.startsWith(`${start}-`)) ?? '';
      const away = join(place.repo, 'away.wal');
      await rename(join(folder, name), away);
      const { levels } = await verify();
      await rename(away, join(folder, name));
      expect(levels[0]).toMatchObject({
        passed: false,
        summary: expect.stringContaining(`not every segment from ${start}`),
      });
    },
    MINUTES,
  );
});

describe('what cannot work says why', () => {
  test(
    'a stanza, a configuration and a set that do not exist',
    async () => {
      const { source } = place;
      const context = place.context();
      await expect(engine.inspect({ ...source, stanza: 'nowhere' }, context)).rejects.toMatchObject({
        type: 'NotFound',
      });
      await expect(engine.inspect({ ...source, config: '/nowhere.conf' }, context)).rejects.toMatchObject({
        type: 'NotFound',
      });
      const { levels } = await engine.verify(source, { ...second, id: '20200101-000000F' }, 'L4', context);
      expect(levels).toEqual([expect.objectContaining({ level: 'L2', passed: false })]);
    },
    MINUTES,
  );

  test(
    'a cancel in the middle of a backup ends all of it, and the next one works',
    async () => {
      const control = new AbortController();
      const context = place.context({ signal: control.signal });
      const reason = new Error('cancelled by ana');
      const taking = engine.take({ ...place.source, kind: 'full' }, newBackupId(), context);
      const ended = taking.catch((error: unknown) => error);
      for (let i = 0; i < 600 && !context.said.some((line) => line.includes('backup file')); i++) await sleep(20);
      control.abort(reason);
      expect(await ended).toBe(reason);
      const next = await engine.take(place.source, newBackupId(), place.context());
      expect(next.external.details['type']).toBe('incr');
      await engine.remove(place.source, next.external, place.context());
    },
    MINUTES,
  );
});

describe('removal', () => {
  test(
    'takes exactly one set, never one that others need, never a foreign one',
    async () => {
      const { source } = place;
      const context = place.context();
      await expect(engine.remove(source, first, context)).rejects.toMatchObject({
        type: 'InUse',
        message: expect.stringContaining(second.id),
      });
      const foreign = { ...second, details: { ...second.details, backupId: newBackupId() } };
      await expect(engine.remove(source, foreign, context)).rejects.toMatchObject({ type: 'NotOurs' });
      await engine.remove(source, second, context);
      await engine.remove(source, second, context);
      expect(await place.pgbackrest('info')).not.toContain(second.id);
      await expect(engine.remove(source, first, context)).rejects.toMatchObject({ type: 'Unsupported' });
      expect(await place.pgbackrest('info')).toContain(first.id);
    },
    MINUTES,
  );
});
