import { join } from 'node:path';
import type { Bar } from '../kit/bars.js';
import { rehearse, restoreBare, takeBackup, targetOf } from './belay.js';
import { restoreBars } from './figures.js';
import { withBackupPlace, type BackupPlace } from './place.js';
import { measureRounds, type Step } from './rounds.js';
import { DATABASE } from './steps.js';
import { type BackupSuiteOptions, generate } from './suite.js';
import type { BackupResult } from './types.js';

export type RestoreResult = Pick<BackupResult, 'dumpBytes' | 'repeats' | 'runs' | 'failures'>;

const stepsOf = (place: BackupPlace, dump: string): Step[] => [
  {
    way: 'rehearseL5',
    async measure(note) {
      const taken = await takeBackup(place, targetOf(place, { database: DATABASE }));
      note('belay', taken.run);
      // What the backup has left to do must not weigh on the restore: by itself pg_restore begins on an idle machine, too.
      await place.calm();
      note('rehearseL5', await rehearse(place, taken, 'L5'));
    },
  },
  { way: 'bareRestore', measure: async (note) => note('bareRestore', await restoreBare(place, dump)) },
];

/** Measures test restores beside pg_restore by itself, once per round and in turns. */
export function restoreSuite(options: BackupSuiteOptions): Promise<{ data: RestoreResult; bars: Bar[] }> {
  return withBackupPlace(options, async (place) => {
    const { gb, repeats } = options;
    const dump = join(place.dir, 'database.dump');
    const dumpBytes = await generate(place, DATABASE, gb * 1e9, dump);
    const { runs, failures } = await measureRounds(place, stepsOf(place, dump), repeats);
    const data: RestoreResult = { dumpBytes, repeats, runs, failures };
    return { data, bars: restoreBars(data) };
  });
}
