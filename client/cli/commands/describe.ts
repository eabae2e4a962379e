import { describeRunbook } from '../../describe.js';
import type { Description } from '../../describe.js';
import { newWorkflowId } from '../../ids.js';
import { startFormUrl, uiBase } from '../../links.js';
import { loadTemporalTarget } from '../../../worker/connection.js';
import { verbCommand } from '../../verbs.js';
import { exitCodeOf } from '../exitCodes.js';
import { print, table } from '../io.js';
import type { Io } from '../io.js';
import { namedRunbook } from '../prepare.js';
import { useSandbox } from '../sandboxAddresses.js';
import { taskQueue } from '../session.js';

const systemOf = (input: unknown): string => (input as { system?: string }).system ?? 'system';

/** The same start with Temporal's own command, ready to paste. */
export function nativeStart(runbook: string, input: unknown, queue: string): string {
  const json = JSON.stringify(input).replaceAll("'", String.raw`'\''`);
  return `temporal workflow start --type ${runbook} --task-queue ${queue} --workflow-id ${runbook}/${systemOf(input)}/1 --input '${json}'`;
}

function text(d: Description, link: string, native: string): string {
  const fields = d.fields.map((f) => {
    const needed = f.required
      ? 'required'
      : f.default === undefined
        ? 'optional'
        : `default ${JSON.stringify(f.default)}`;
    return [`  ${f.path}`, f.type, needed, f.description];
  });
  return [
    `${d.id}: ${d.title}`,
    d.purpose,
    '',
    `Changes:   ${d.changes}`,
    `Risk:      ${d.risk}, takes ${d.expectedDuration}`,
    `Undo:      ${d.undo}`,
    `Approval:  ${d.approval}`,
    '',
    'Input:',
    table(fields),
    '',
    ...d.examples.flatMap(({ title, input }) => [
      `Example: ${title}`,
      `  belay start ${d.id} --input '${JSON.stringify(input)}'`,
    ]),
    '',
    'While it runs:',
    table([
      ...Object.entries(d.verbs).map(([verb, does]) => [`  belay ${verbCommand(verb)} <workflowId>`, does]),
      ...Object.entries(d.updates).map(([name, does]) => [`  update ${name}`, does]),
    ]),
    '',
    'How it can end otherwise (exit code of --watch):',
    table(d.failures.map(({ type, exitCode, meaning }) => [`  ${exitCode}`, type, meaning])),
    '',
    `Start form in the UI: ${link}`,
    `With Temporal's own command: ${native}`,
  ].join('\n');
}

/** `belay describe <runbook>`: all there is to know before starting it. */
export async function describe(io: Io, id: string): Promise<void> {
  const runbook = namedRunbook(id);
  await useSandbox(io);
  const { address, namespace } = loadTemporalTarget(io.env);
  const queue = taskQueue(io);
  const example = runbook.examples[0]?.input ?? {};
  const base = uiBase(io.env, address) ?? 'https://your-temporal-ui';
  const workflowId = newWorkflowId(id, systemOf(example));
  const link = startFormUrl({ base, namespace }, { taskQueue: queue, runbook: id, workflowId });
  const native = nativeStart(id, example, queue);
  const description = describeRunbook(runbook, exitCodeOf);
  print(io, { ...description, startForm: link, native }, () => text(description, link, native));
}
