import type { Command } from 'commander';
import type { Handle } from './commands.js';
import type { HoldOptions } from './commands/backupsHold.js';

/** `belay backups` and what is below it. */
export function backupCommands(program: Command, handle: Handle): void {
  const backups = program
    .command('backups <system> [source]')
    .description('the backups in the store: recovery point, size, what has been proved of each, and what holds it')
    .option(
      '--check',
      'exit code 11 unless every source has a fresh verified backup; for a monitor outside of Temporal',
    )
    .addHelpText('after', '\nTake one: belay start backup --system … · verify one: belay start verifyBackup …')
    .action(
      handle(async (io, system: string, source: string | undefined, options: { check?: boolean }) =>
        (await import('./commands/backups.js')).backupsList(io, system, source, options),
      ),
    );
  const texts = {
    hold: 'keep a backup whatever the retention policy says, also one that is condemned already',
    release: 'let the retention policy decide again',
  } as const;
  for (const kind of ['hold', 'release'] as const) {
    backups
      .command(`${kind} <system> <source> <id>`)
      .description(texts[kind])
      .option('--reason <text>', 'why; recorded with the backup')
      .option('--as <actor>', 'who you are (default: $BELAY_ACTOR, else your user name)')
      .action(
        handle(async (io, system: string, source: string, id: string, options: HoldOptions) =>
          (await import('./commands/backupsHold.js')).backupsHold(io, kind, { system, source, id }, options),
        ),
      );
  }
}
