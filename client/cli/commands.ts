import type { Command } from 'commander';
import type { VerbName } from '../../workflows/kit/messages.js';
import { verbDescriptions } from '../../workflows/kit/verbTexts.js';
import type { GatewayOptions } from '../gateway/config.js';
import { verbCommand } from '../verbs.js';
import { backupCommands } from './backupCommands.js';
import { UsageError } from './errors.js';
import { processIo } from './io.js';
import { incidentCommands } from './incidentCommands.js';
import type { Io } from './io.js';
import { oncallCommands } from './oncallCommands.js';
import { postmortemCommands } from './postmortemCommands.js';
import type { InputOptions } from './prepare.js';
import type { StartOptions } from './commands/start.js';
import type { ReportOptions } from './commands/report.js';
import type { SchedulesOptions } from './commands/schedules.js';
import type { VerbOptions } from './commands/verb.js';

type Result = void | number | Promise<void | number>;

const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** Text below a command's help that names Temporal's own command for the same thing. */
const native = (command: string): string => `\nTemporal's own command: ${command}`;

/** Defines every command. Their code is loaded when they run, so that `--help` and completion stay quick. */
export function defineCommands(program: Command, done: (code: number) => void): void {
  const handle: Handle =
    (run) =>
    async (...args) => {
      const io = processIo(program.opts());
      // Commander appends the options and the command itself; handlers take what they need from the front.
      done((await run(io, ...(args as never[]))) ?? 0);
    };

  program
    .command('list')
    .description('the runbooks')
    .action(handle(async (io) => (await import('./commands/list.js')).list(io)));

  program
    .command('describe <runbook>')
    .description('what a runbook does, needs and can end with; examples to copy')
    .action(handle(async (io, id: string) => (await import('./commands/describe.js')).describe(io, id)));

  runCommands(program, handle);
  steeringCommands(program, handle);
  incidentCommands(program, handle);
  postmortemCommands(program, handle);
  placeCommands(program, handle);
}

/** Makes the action of a command from its code: streams first, then what commander gives. */
export type Handle = (run: (io: Io, ...args: never[]) => Result) => (...args: unknown[]) => Promise<void>;

function withInput(command: Command): Command {
  return command
    .option('--input <json|file|->', 'the input as JSON, a file, or - for standard input')
    .option('--set <path=value>', 'one value, e.g. changes[0].image=…:1.4.2 (repeatable)', collect)
    .allowUnknownOption()
    .allowExcessArguments();
}

/** Everything behind the runbook's name that is not an option of ours: the runbook's own fields as flags. */
const ownFlags = (command: Command): string[] => command.args.slice(1);

function runCommands(program: Command, handle: Handle): void {
  withInput(program.command('plan <runbook>'))
    .description('show what a run would do now; changes nothing')
    .addHelpText(
      'after',
      '\nFields of the runbook are flags too: belay plan rollingUpdate --system intendly --reason …',
    )
    .action(
      handle(async (io, id: string, options: InputOptions, command: Command) =>
        (await import('./commands/plan.js')).plan(io, id, options, ownFlags(command)),
      ),
    );

  withInput(program.command('start <runbook>'))
    .description('start a run')
    .option('--id <workflowId>', 'workflow id; the same id cannot run twice at a time')
    .option('-w, --watch', 'follow to the end; the exit code tells the outcome')
    .addHelpText(
      'after',
      native("temporal workflow start --type <runbook> --task-queue belay --workflow-id … --input '{…}'"),
    )
    .action(
      handle(async (io, id: string, options: StartOptions, command: Command) =>
        (await import('./commands/start.js')).start(io, id, options, ownFlags(command)),
      ),
    );

  program
    .command('watch <workflowId>')
    .description('follow a run to its end; the exit code tells the outcome')
    .option('--run <runId>', 'one particular run of that id')
    .option('--timeout <seconds>', 'stop watching after this time (exit code 9); the run goes on')
    .addHelpText(
      'after',
      native('temporal workflow query --type status --workflow-id …, temporal workflow show --follow …'),
    )
    .action(
      handle(async (io, id: string, options: { run?: string; timeout?: string }) =>
        (await import('./commands/watch.js')).watch(io, id, options),
      ),
    );

  program
    .command('report [workflowId]')
    .description('the report of a run that has ended, or --list of runs')
    .option('--list', 'the latest runs')
    .option('--system <name>', 'with --list: only runs on this system')
    .option('--limit <n>', 'with --list: how many', '20')
    .option('--run <runId>', 'one particular run of that id')
    .option('--format <md|json>', 'how to print a report', 'md')
    .addHelpText(
      'after',
      native('temporal workflow result --workflow-id …, temporal workflow list --query "BelaySystem=\'…\'"'),
    )
    .action(
      handle(async (io, id: string | undefined, options: ReportOptions) =>
        (await import('./commands/report.js')).report(io, id, options),
      ),
    );
}

function steeringCommands(program: Command, handle: Handle): void {
  for (const [name, text] of Object.entries(verbDescriptions) as [VerbName, string][]) {
    const command = program
      .command(`${verbCommand(name)} <workflowId>`)
      .description(text)
      .option('--reason <text>', 'why; recorded in the report')
      .option('--as <actor>', 'who you are (default: $BELAY_ACTOR, else your user name)')
      .option('--request-id <id>', 'makes a repeat harmless: the first answer is given again');
    if (name === 'approve') {
      command
        .option('--plan-hash <hash>', 'the plan that you have read; without it the plan is shown and you are asked')
        .option('-y, --yes', 'show the plan and do not ask');
    }
    command
      .addHelpText(
        'after',
        native(`temporal workflow update execute --name ${name} --workflow-id … --input '{"actor":"…"}'`),
      )
      .action(
        handle(async (io, id: string, options: VerbOptions) => {
          if (!options.reason && name !== 'approve')
            throw new UsageError(`${verbCommand(name)}: give --reason, it is recorded`);
          return (await import('./commands/verb.js')).verb(io, name, id, options);
        }),
      );
  }

  program
    .command('cancel <workflowId>')
    .description('the same as abort, but without recording who and why')
    .addHelpText('after', native('temporal workflow cancel --workflow-id …'))
    .action(handle(async (io, id: string) => (await import('./commands/verb.js')).cancel(io, id)));
}

function placeCommands(program: Command, handle: Handle): void {
  const systems = program.command('systems').description('the descriptions of systems');
  systems
    .command('list')
    .description('the descriptions that can be named in an input')
    .action(handle(async (io) => (await import('./commands/systems.js')).systemList(io)));
  systems
    .command('check [files...]')
    .description('every problem with file, line and path; all known descriptions when none is named')
    .action(handle(async (io, files: string[]) => (await import('./commands/systems.js')).checkSystems(io, files)));

  program
    .command('doctor')
    .description('is everything reachable, with the rights it needs? Was anything left half-way? Exit code 1 if so')
    .option('--system <name>', 'only this system (repeatable)', collect)
    .action(
      handle(async (io, options: { system?: string[] }) =>
        (await import('./commands/doctor.js')).doctor(io, options.system),
      ),
    );

  program
    .command('setup')
    .description('register the search attributes that runs need; safe to repeat')
    .addHelpText('after', native('temporal operator search-attribute create --name BelayRunbook --type Keyword …'))
    .action(handle(async (io) => (await import('./commands/setup.js')).setup(io)));

  program
    .command('worker')
    .description('run a worker until SIGTERM; configured by the environment, see docs/worker.md')
    .option('--host <name>', 'only work that needs this host: its SQLite files, folders, pgBackRest')
    .action(
      handle(async (io, options: { host?: string }) => (await import('./commands/worker.js')).worker(io, options)),
    );

  program
    .command('gateway')
    .description('take alerts and the requests of bots until SIGTERM; see docs/gateway.md')
    .option('--port <port>', 'port to listen on (default: $BELAY_GATEWAY_PORT, else 8088)')
    .option('--host <address>', 'address to listen on (default: $BELAY_GATEWAY_HOST, else 127.0.0.1)')
    .option('--systems <names>', 'only these, separated by commas (default: $BELAY_GATEWAY_SYSTEMS, else all)')
    .action(
      handle(async (io, options: GatewayOptions) => (await import('./commands/gateway.js')).gateway(io, options)),
    );

  backupCommands(program, handle);
  oncallCommands(program, handle);
  scheduleCommands(program, handle);
  sandboxCommands(program, handle);
}

function scheduleCommands(program: Command, handle: Handle): void {
  const schedules = program.command('schedules').description('the schedules that the descriptions ask for');
  const add = (name: string, text: string, twin: string, run: (io: Io, options: SchedulesOptions) => Result) =>
    schedules
      .command(name)
      .description(text)
      .option('--system <name>', 'only this system (repeatable)', collect)
      .addHelpText('after', native(twin))
      .action(handle(run));
  const load = () => import('./commands/schedules.js');

  add(
    'diff',
    'what apply would do; changes nothing. Exit code 10 when there is something to do',
    'temporal schedule describe --schedule-id …',
    async (io, options) => (await load()).schedulesDiff(io, options),
  );
  add(
    'apply',
    'create and update schedules as described; pauses and notes of operators stay, nothing is deleted',
    'temporal schedule create …, temporal schedule update …',
    async (io, options) => (await load()).schedulesApply(io, options),
  ).option('--dry-run', 'the same as diff');
  add(
    'prune',
    'delete schedules of ours that are no longer described',
    'temporal schedule delete --schedule-id …',
    async (io, options) => (await load()).schedulesPrune(io, options),
  )
    .option('--dry-run', 'only show them')
    .option('-y, --yes', 'do not ask');
  add(
    'list',
    'every schedule, its next starts in local time and UTC, and what needs a look',
    'temporal schedule list, temporal schedule list-matching-times --schedule-id …',
    async (io, options) => (await load()).schedulesList(io, options),
  );
}

function sandboxCommands(program: Command, handle: Handle): void {
  const sandbox = program
    .command('sandbox')
    .description('a local Temporal, Kubernetes and what else a first look needs');
  sandbox
    .command('up')
    .description('start it, or what is missing of it')
    .option('--only <component>', 'this component and what it needs (repeatable)', collect)
    .addHelpText('after', native('temporal server start-dev'))
    .action(
      handle(async (io, options: { only?: string[] }) =>
        (await import('./commands/sandbox.js')).sandboxUp(io, options),
      ),
    );
  sandbox
    .command('down')
    .description('stop it; workflows and other data stay')
    .option('--purge', 'delete its data too')
    .action(
      handle(async (io, options: { purge?: boolean }) =>
        (await import('./commands/sandbox.js')).sandboxDown(io, options),
      ),
    );
  sandbox
    .command('status')
    .description('what of it runs, and where')
    .action(handle(async (io) => (await import('./commands/sandbox.js')).sandboxStatus(io)));

  program
    .command('demo')
    .description('sandbox and worker up, then an update that succeeds and one that is rolled back')
    .option('--exit', 'stop everything at the end')
    .action(
      handle(async (io, options: { exit?: boolean }) => {
        const { demo } = await import('./demo.js');
        return demo(io, options);
      }),
    );
}
