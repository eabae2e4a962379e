import { readBack, rehearse, takeBackup, targetOf } from './belay.js';
import { openStanza } from './pgbackrest.js';
import type { BackupPlace } from './place.js';
import { resticBackup } from './restic.js';
import type { Step } from './rounds.js';
import { shellBackup } from './shell.js';
import type { Tools } from './tools.js';

export const DATABASE = 'bench';
export const SMALL_DATABASE = 'bench_small';

/** The steps of one round. What is compared stands side by side. */
export function stepsOf(place: BackupPlace, options: { tools: Tools; dumpBytes: number }): Step[] {
  return [...belayAndShell(place, options), ...verification(place), ...peers(place, options.tools)];
}

function belayAndShell(place: BackupPlace, { tools, dumpBytes }: { tools: Tools; dumpBytes: number }): Step[] {
  const shell = (encrypted: boolean) =>
    shellBackup(place, { aws: tools.aws, database: DATABASE, encrypted, dumpBytes });
  return [
    {
      way: 'belay',
      async measure(note) {
        const taken = await takeBackup(place, targetOf(place, { database: DATABASE }));
        note('belay', taken.run);
        note('readBack', await readBack(place, taken));
      },
    },
    { way: 'shell', measure: async (note) => note('shell', await shell(false)) },
    {
      way: 'belayAge',
      measure: async (note) =>
        note('belayAge', (await takeBackup(place, targetOf(place, { database: DATABASE, encrypted: true }))).run),
    },
    { way: 'shellAge', measure: async (note) => note('shellAge', await shell(true)) },
    {
      way: 'belaySmall',
      measure: async (note) =>
        note('belaySmall', (await takeBackup(place, targetOf(place, { database: SMALL_DATABASE }))).run),
    },
  ];
}

function verification(place: BackupPlace): Step[] {
  return [
    {
      way: 'belayHashes',
      async measure(note) {
        const taken = await takeBackup(place, targetOf(place, { database: DATABASE, verify: 'L6' }));
        note('belayHashes', taken.run);
        note('rehearseL6', await rehearse(place, taken, 'L6'));
      },
    },
  ];
}

function peers(place: BackupPlace, { restic, pgbackrest }: Tools): Step[] {
  let stanza: ReturnType<typeof openStanza> | undefined;
  return [
    {
      ...{ way: 'restic', peer: true },
      async measure(note) {
        note('restic', await resticBackup(place, { restic: had(restic), database: DATABASE }));
      },
    },
    {
      ...{ way: 'pgbackrest', peer: true },
      async measure(note) {
        const program = had(pgbackrest);
        note('pgbackrest', await (await (stanza ??= openStanza(place, program))).backup());
      },
    },
  ];
}

/** A program that could not be found is one more reason why a step fails. */
function had(program: string | { missing: string }): string {
  if (typeof program === 'string') return program;
  throw new Error(program.missing);
}
