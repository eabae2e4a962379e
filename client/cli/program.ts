import { Command, CommanderError } from 'commander';
import { defineCommands } from './commands.js';
import { CliError, messageOf } from './errors.js';
import { exit } from './exitCodes.js';
import { printError, processIo } from './io.js';

/** Builds the command tree. `done` receives the exit code of the command that ran. */
export function createProgram(done: (code: number) => void): Command {
  const program = new Command('belay')
    .description('Operations manuals as durable runbooks: start, watch and steer them.')
    .option('--json', 'print JSON')
    .option('--debug', 'print stack traces')
    .showHelpAfterError('(belay --help lists the commands)')
    .exitOverride();
  program.configureHelp({ sortSubcommands: false });
  defineCommands(program, done);
  return program;
}

/** Runs one command line and returns its exit code. Never throws. */
export async function runCli(args: string[]): Promise<number> {
  let code: number = exit.ok;
  const program = createProgram((result) => (code = result));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has printed its own usage errors already; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.usage;
    const io = processIo({ json: args.includes('--json'), debug: args.includes('--debug') });
    const shown = error instanceof CliError ? error : new CliError(messageOf(error));
    printError(io, shown);
    if (io.debug && error instanceof Error) io.note(error.stack ?? '');
    return shown.exitCode;
  }
}
