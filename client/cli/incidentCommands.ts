import type { Command } from 'commander';
import type { Handle } from './commands.js';
import { type ActionCommand, actionCommands, type ActionOptions } from './commands/incidentActions.js';
import type { LinkOptions } from './commands/incidentAct.js';
import type { OpenOptions } from './commands/incidentOpen.js';
import type { ListOptions } from './commands/incidentShow.js';

const ID = '\nAn incident is named by its workflow id, or by as much of it as fits one open incident: a slug, a rule.';

const native = (command: string): string => `\nTemporal's own command: ${command}`;

/** What every action takes. */
const asWhom = (command: Command): Command =>
  command
    .option('--reason <text>', 'why; recorded in the timeline')
    .option('--as <actor>', 'who you are (default: $BELAY_ACTOR, else your user name)')
    .option('--request-id <id>', 'makes a repeat harmless: the first answer is given again');

function readCommands(incident: Command, handle: Handle): void {
  const load = () => import('./commands/incidentShow.js');
  incident
    .command('list')
    .description('open incidents, newest first')
    .option('--system <name>', 'only of this system')
    .option('--limit <n>', 'how many', '50')
    .addHelpText(
      'after',
      native(`temporal workflow list --query "WorkflowType='incident' AND ExecutionStatus='Running'"`),
    )
    .action(handle(async (io, options: ListOptions) => (await load()).incidentList(io, options)));
  incident
    .command('show <incident>')
    .description('where an incident stands: state, owner, level, alerts, time targets, checklist, runs')
    .addHelpText('after', `${ID}${native('temporal workflow query --type status --workflow-id …')}`)
    .action(handle(async (io, id: string) => (await load()).incidentShow(io, id)));
  incident
    .command('timeline <incident>')
    .description('everything that happened, oldest first')
    .addHelpText('after', `${ID}${native('temporal workflow query --type timeline --workflow-id …')}`)
    .action(handle(async (io, id: string) => (await load()).incidentTimeline(io, id)));
}

function openCommand(incident: Command, handle: Handle): void {
  incident
    .command('open <system> <severity> <title>')
    .description('open an incident and page who is on call')
    .option('--service <name>', 'what of the system')
    .option('--security', 'a security incident: restricted, with a checklist')
    .option('--reason <text>', 'what you know (default: the title)')
    .option('--as <actor>', 'who you are (default: $BELAY_ACTOR, else your user name)')
    .option('--request-id <id>', 'the same id opens one incident, however often')
    .addHelpText('after', native('temporal workflow start --type incident …'))
    .action(
      handle(async (io, system: string, severity: string, title: string, options: OpenOptions) =>
        (await import('./commands/incidentOpen.js')).incidentOpen(io, { system, severity, title }, options),
      ),
    );
}

function actions(incident: Command, handle: Handle): void {
  for (const [name, { args, text, update, options }] of Object.entries(actionCommands)) {
    const command = asWhom(incident.command(`${name} <incident>${args}`).description(text));
    for (const [flags, help] of options) command.option(flags, help);
    const run = async (
      io: Parameters<Parameters<Handle>[0]>[0],
      id: string,
      argument: string | undefined,
      given: ActionOptions,
    ) => (await import('./commands/incidentAct.js')).incidentAct(io, name as ActionCommand, id, argument, given);
    command
      .addHelpText(
        'after',
        `${ID}${native(`temporal workflow update execute --name ${update} --workflow-id … --input '{"actor":"…"}'`)}`,
      )
      .action(
        args === ''
          ? handle(async (io, id: string, given: ActionOptions) => run(io, id, undefined, given))
          : handle(async (io, id: string, argument: string | undefined, given: ActionOptions) =>
              run(io, id, argument, given),
            ),
      );
  }
  asWhom(incident.command('link <incident> [run]').description('a run belongs to it; or start one from it'))
    .option('--start <runbook>', 'the incident starts it, and tells what became of it')
    .option('--input <json|file|->', 'with --start: its input, without system, reason and requestedBy')
    .addHelpText('after', ID)
    .action(
      handle(async (io, id: string, run: string | undefined, options: LinkOptions) =>
        (await import('./commands/incidentAct.js')).incidentLink(io, id, run, options),
      ),
    );
}

/** `belay incident …`: look at incidents and act on them. */
export function incidentCommands(program: Command, handle: Handle): void {
  const incident = program.command('incident').description('incidents: look at them, answer, escalate, resolve');
  readCommands(incident, handle);
  openCommand(incident, handle);
  actions(incident, handle);
}
