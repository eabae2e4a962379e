import { describe, expect, test } from '@jest/globals';
import { rowsFor, tables } from '../../bench/backup/data.js';
import { barsOf, largestRss, median, nodeCpuPerGB, restoreBars, restoreSeconds } from '../../bench/backup/figures.js';
import { orderOf } from '../../bench/backup/order.js';
import { newestBytes } from '../../bench/backup/pgbackrest.js';
import { measureRounds, type Step } from '../../bench/backup/rounds.js';
import { pipelineOf } from '../../bench/backup/shell.js';
import { backupTable, restoreTable } from '../../bench/backup/table.js';
import type { BackupResult, Run, Way } from '../../bench/backup/types.js';
import { isMet } from '../../bench/kit/bars.js';

const MIB16 = 16 * 1024 * 1024;

const node = (seconds: number, more: Partial<Run> = {}): Run[] => [
  { seconds, nodeCpuSeconds: 1.8, maxRssMB: 180, partBytes: MIB16, storedBytes: 3e8, machineCpuSeconds: 20, ...more },
];

/** A run in which every goal is just met. */
const good: BackupResult = {
  ...{ dumpBytes: 2e9, smallDumpBytes: 5e8, repeats: 1, versions: { zstd: '1.5.4' }, missing: {}, failures: [] },
  runs: {
    belay: node(10),
    shell: node(10.6),
    belayAge: node(10.5),
    shellAge: node(10),
    belaySmall: node(3, { maxRssMB: 170 }),
    belayHashes: node(14),
    readBack: node(2),
    rehearseL5: node(36, { parts: { fetch: 900, L2: 1_000, L3: 3_000, L4: 31_000, L5: 1_500 } }),
    bareRestore: [{ seconds: 30 }],
    rehearseL6: node(39),
    restic: [{ seconds: 20, storedBytes: 3e8, machineCpuSeconds: 30 }],
  },
};

const withRuns = (runs: Partial<Record<Way, Run[]>>): BackupResult => ({ ...good, runs: { ...good.runs, ...runs } });
const missed = (result: BackupResult): string[] => barsOf(result).flatMap((bar) => (isMet(bar) ? [] : [bar.name]));

describe('goals', () => {
  test('are met by a good result', () => expect(missed(good)).toEqual([]));

  test.each<[string, BackupResult, string]>([
    ['slower than the shell asks for', withRuns({ belay: node(10.2) }), 'time of a backup / shell pipeline'],
    ['slower when encrypted', withRuns({ belayAge: node(10.6) }), 'the same, both encrypted'],
    ['too much CPU', withRuns({ belay: node(10, { nodeCpuSeconds: 2.1 }) }), "Node's CPU per GB of dump"],
    ['too much memory', withRuns({ belayAge: node(10, { maxRssMB: 252 }) }), "Node's memory, most"],
    [
      'memory that grows with the data',
      withRuns({ belaySmall: node(3, { maxRssMB: 150 }) }),
      "Node's memory / that for a quarter of the data",
    ],
    ['a slow read-back', withRuns({ readBack: node(11) }), 'read-back / backup'],
    ['a slow L6', withRuns({ rehearseL6: node(41) }), 'all of L6 / backup'],
    ['a failure', { ...good, failures: ['belay 1: it died'] }, 'runs that failed'],
  ])('%s is missed', (_, result, name) => expect(missed(result)).toEqual([name]));

  test('of test restores', () => {
    const names = (result: BackupResult) => restoreBars(result).flatMap((bar) => (isMet(bar) ? [] : [bar.name]));
    expect(names(good)).toEqual([]);
    const slow = 'test restore (L4 and L5) / bare pg_restore';
    expect(names(withRuns({ bareRestore: [{ seconds: 29 }] }))).toEqual([slow]);
    expect(names(withRuns({ bareRestore: [] }))).toEqual([slow]);
    expect(names({ ...good, failures: ['bareRestore 1: it died'] })).toEqual(['runs that failed']);
  });

  test('what could not be measured is missed, not met', () => {
    expect(missed(withRuns({ shell: [] }))).toEqual(['time of a backup / shell pipeline']);
    expect(missed({ ...good, runs: {} })).toHaveLength(8);
  });
});

describe('figures', () => {
  test('the median is one that was measured', () => {
    const runs = [5, 1, 9, 3].map((seconds) => ({ seconds }));
    expect(median(runs, ({ seconds }) => seconds)).toBe(3);
    expect(median([], ({ seconds }) => seconds)).toBeNaN();
    expect(median(runs, ({ storedBytes }) => storedBytes)).toBeNaN();
  });

  test('CPU is per GB of the dump that was taken', () => {
    expect(nodeCpuPerGB(good, 'belay')).toBeCloseTo(0.9);
    expect(nodeCpuPerGB(good, 'belaySmall')).toBeCloseTo(3.6);
  });

  test('of memory the largest counts', () => {
    const result = withRuns({ belay: [...node(1, { maxRssMB: 100 }), ...node(1, { maxRssMB: 300 })] });
    expect(largestRss(result, ['belay', 'belayAge'])).toBe(300);
  });

  test('a test restore is L4 and L5, without fetching and reading through', () => {
    expect(restoreSeconds(good)).toBe(32.5);
    expect(restoreSeconds(withRuns({ rehearseL5: node(9) }))).toBeNaN();
  });
});

describe('rounds', () => {
  const nothing = (): Promise<void> => Promise.resolve();
  const { signal } = new AbortController();
  const place = { progress: () => undefined, calm: nothing, empty: nothing, signal };
  const step = (way: Way, measure: () => Promise<Run>, peer = false): Step => ({
    ...{ way, peer },
    measure: async (note) => note(way, await measure()),
  });
  const fails = (): Promise<Run> => Promise.reject(new Error('it died'));

  test('every round begins with another way, every second one goes backwards', () => {
    expect([0, 1, 2, 3].map((round) => orderOf(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'acb', 'cab', 'cba']);
    expect(orderOf([], 1)).toEqual([]);
  });

  test('a failure is noted and the others go on; a peer that fails is left out', async () => {
    let tries = 0;
    const steps = [
      step('belay', fails),
      step('shell', () => Promise.resolve({ seconds: 1 })),
      step('restic', () => (tries++, fails()), true),
    ];
    const rounds = await measureRounds(place, steps, 2);
    expect(rounds.runs).toEqual({ shell: [{ seconds: 1 }, { seconds: 1 }] });
    expect(rounds.failures).toEqual(['belay 1: it died', 'belay 2: it died']);
    expect(rounds.missing).toEqual({ restic: 'it died' });
    expect(tries).toBe(1);
  });

  test('an interruption ends it', async () => {
    const interruption = new AbortController();
    const steps = [
      step('belay', () => {
        interruption.abort(new Error('interrupted'));
        return fails();
      }),
    ];
    await expect(measureRounds({ ...place, signal: interruption.signal }, steps, 2)).rejects.toThrow('interrupted');
  });
});

test('the generated rows add up to the dump that is asked for', () => {
  const bytes = tables.reduce((sum, table) => sum + rowsFor(table, 2e9) * table.rowBytes, 0);
  expect(bytes).toBeGreaterThanOrEqual(2e9);
  expect(bytes).toBeLessThan(2.001e9);
});

describe('the shell pipeline', () => {
  const given = { database: 'bench', target: 's3://bucket/key', dumpBytes: 2e9 };

  test('notices the failure of every program', () => {
    expect(pipelineOf(given)).toBe(
      'set -o pipefail; pg_dump -Fc -Z0 bench | zstd -3 -T0 | aws s3 cp --only-show-errors - s3://bucket/key',
    );
  });

  test('encrypts to every recipient', () => {
    expect(pipelineOf({ ...given, recipients: ['age1a', 'age1b'] })).toContain(
      '| zstd -3 -T0 | age -r age1a -r age1b | aws',
    );
  });

  test('tells the size of a large dump, for which the parts would not do', () => {
    expect(pipelineOf({ ...given, dumpBytes: 1e11 })).toContain('--expected-size 100000000000 -');
  });
});

test("pgBackRest's newest backup tells what it has stored", () => {
  const backup = (delta: number) => ({ info: { repository: { delta } } });
  expect(newestBytes(JSON.stringify([{ backup: [backup(1), backup(2)] }]))).toBe(2);
  expect(() => newestBytes('[{"backup":[]}]')).toThrow('lists no backup');
});

describe('the table', () => {
  test('has throughput, CPU and memory of every way', () => {
    const text = backupTable(good);
    expect(text).toContain('| Belay, stream | 10 (10–10) | 200 | 300 | 20 | 0.9 | 180 |');
    expect(text).toContain('against the shell pipeline: 1.06 ×; both encrypted: 0.952 ×');
    expect(restoreTable(good)).toContain('L2 1, L3 3, L4 31, L5 1.5');
    expect(restoreTable(good)).toContain('by itself: 1.08 ×');
  });

  test('says what was not to be had, and what failed', () => {
    const text = backupTable({ ...good, missing: { pgbackrest: 'no package' }, failures: ['belay 1: it died'] });
    expect(text).toContain('(files of the whole server) | not to be had here |');
    expect(text).toContain('no package');
    expect(text).toContain('Failed: belay 1: it died');
  });
});
