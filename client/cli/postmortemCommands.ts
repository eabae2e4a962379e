import type { Command } from 'commander';
import type { Handle } from './commands.js';
import type { DeskOptions } from './commands/postmortem.js';

const native = (command: string): string => `\nTemporal's own command: ${command}`;

const texts = {
  edit: 'a new revision of the text, from --file; one in review becomes a draft again',
  submit: 'the draft is ready to be read by others; refused while something is to be filled in',
  publish: 'the text in review is final',
} as const;

/** `belay postmortem …`. */
export function postmortemCommands(program: Command, handle: Handle): void {
  const load = () => import('./commands/postmortem.js');
  const postmortem = program
    .command('postmortem')
    .description('postmortems: read, write, submit, publish; started by incidents, or: belay start postmortem …');
  postmortem
    .command('list')
    .description('open postmortems and when they are due')
    .option('--system <name>', 'only of this system')
    .action(handle(async (io, options: { system?: string }) => (await load()).postmortemList(io, options)));
  postmortem
    .command('draft <postmortem>')
    .description('print the present text; its stage and what is missing go to standard error')
    .addHelpText('after', native('temporal workflow query --type draft --workflow-id …'))
    .action(handle(async (io, id: string) => (await load()).postmortemDraft(io, id)));
  for (const name of ['edit', 'submit', 'publish'] as const) {
    const command = postmortem.command(`${name} <postmortem>`).description(texts[name]);
    if (name === 'edit')
      command.requiredOption('--file <path|->', 'the whole text in markdown, or - for standard input');
    command
      .option('--expected-revision <n>', 'the revision that you have read; refused when there is a newer one')
      .option('--reason <text>', 'recorded in the report')
      .option('--as <actor>', 'who you are (default: $BELAY_ACTOR, else your user name)')
      .option('--request-id <id>', 'makes a repeat harmless: the first answer is given again')
      .addHelpText(
        'after',
        native(`temporal workflow update execute --name ${name} --workflow-id … --input '{"actor":"…"}'`),
      )
      .action(
        handle(async (io, id: string, options: DeskOptions) => (await load()).postmortemAct(io, name, id, options)),
      );
  }
}
