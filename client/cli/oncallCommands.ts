import type { Command } from 'commander';
import type { Handle } from './commands.js';
import type { ShowOptions } from './commands/oncall.js';
import type { OverrideOptions } from './commands/oncallOverride.js';

/** `belay oncall` and what is below it. */
export function oncallCommands(program: Command, handle: Handle): void {
  const oncall = program.command('oncall').description('who is on call; swap a shift');
  oncall
    .command('show <system>')
    .description('who is on call now and who will be. Exit code 1 when a rota has nobody')
    .option('--rota <name>', 'only this rota')
    .option('--at <time>', 'at another time than now, e.g. 2030-12-24T18:00 (by the clocks of the rota)')
    .option('--days <n>', 'how far to look ahead', '7')
    .action(
      handle(async (io, system: string, options: ShowOptions) =>
        (await import('./commands/oncall.js')).oncallShow(io, system, options),
      ),
    );
  changing(oncall.command('override <system> <rota>'))
    .description(
      'somebody takes a span of time, whoever’s turn it is; pages that were sent stay with whom they went to',
    )
    .option('--person <id>', 'who takes it')
    .option('--from <time>', 'when it begins (default: now); by the clocks of the rota unless it has an offset')
    .option('--to <time>', 'when it ends')
    .addHelpText(
      'after',
      "\nTemporal's own command: temporal workflow update execute --workflow-id rota/<system>/<rota> --name override --input '{…}'",
    )
    .action(
      handle(async (io, system: string, rota: string, options: OverrideOptions) =>
        (await import('./commands/oncallOverride.js')).oncallOverride(io, { system, rota }, options),
      ),
    );
  changing(oncall.command('cancel <system> <rota> <override>'))
    .description('take an override back; show names them')
    .addHelpText(
      'after',
      "\nTemporal's own command: temporal workflow update execute --workflow-id rota/<system>/<rota> --name cancelOverride --input '{…}'",
    )
    .action(
      handle(async (io, system: string, rota: string, id: string, options: OverrideOptions) =>
        (await import('./commands/oncallOverride.js')).oncallCancel(io, { system, rota }, id, options),
      ),
    );
}

const changing = (command: Command): Command =>
  command
    .option('--reason <text>', 'why; recorded with the override')
    .option('--as <actor>', 'who you are (default: $BELAY_ACTOR, else your user name)')
    .option('--request-id <id>', 'makes a repeat harmless: the first answer is given again');
