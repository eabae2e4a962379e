import type { Description } from './describe.js';
import { startFormUrl } from './links.js';
import { verbCommand } from './verbs.js';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (...cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`;

function fields({ fields: all }: Description): string[] {
  return [
    '| Field | Type | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...all.map(({ path, type, required, default: value, description }) => {
      const fallback = required ? '**required**' : value === undefined ? 'optional' : `\`${JSON.stringify(value)}\``;
      return row(`\`${path}\``, type, fallback, description);
    }),
  ];
}

/** Placeholders instead of an installation's own address: the page is the same for everybody. */
const place = { base: 'http://127.0.0.1:8233', namespace: 'default' };

/** A runbook's reference page (markdown); generated from its catalogue entry, see `client/docs.ts`. Pure. */
export function runbookPage(d: Description): string {
  const workflowId = `${d.id}/<system>/1`;
  const form = startFormUrl(place, { taskQueue: 'belay', runbook: d.id, workflowId: `${d.id}/my-system/1` });
  const example = d.examples[0]?.input;
  return `${[
    '<!-- Generated from the catalogue by `node dist/client/docs.js`; change workflows/*/runbook.ts instead. -->',
    '',
    `# ${d.title} (\`${d.id}\`)`,
    '',
    d.purpose,
    '',
    '| | |',
    '| --- | --- |',
    row('Changes', d.changes),
    row('Risk', d.risk),
    row('Takes', d.expectedDuration),
    row('Undo', d.undo),
    row('Approval', d.approval),
    '',
    '## Start it',
    '',
    `From the Temporal UI: open the [start form](${form}) (the link is for a development server; the path is the same on yours), choose a workflow id and paste one of the inputs below.`,
    '',
    ...d.examples.flatMap(({ title, input }) => [
      `${title}:`,
      '',
      '```json',
      JSON.stringify(input, null, 2),
      '```',
      '',
    ]),
    'From a terminal:',
    '',
    '```sh',
    `belay plan ${d.id} --input input.json           # what would happen; changes nothing`,
    `belay start ${d.id} --input input.json --watch  # the exit code tells the outcome`,
    "# with Temporal's own command:",
    `temporal workflow start --type ${d.id} --task-queue belay --workflow-id '${workflowId}' \\`,
    `  --input '${JSON.stringify(example)}'`,
    '```',
    '',
    '## Input',
    '',
    ...fields(d),
    '',
    '## While it runs',
    '',
    ...verbsOf(d),
    ...updatesOf(d),
    'The query `status` tells where the run stands.',
    '',
    '## How it can end',
    '',
    'It completes when it achieved its purpose. Otherwise it fails with one of these types; the report is in the details of the failure.',
    '',
    '| Failure type | Exit code | Meaning |',
    '| --- | --- | --- |',
    ...d.failures.map(({ type, exitCode, meaning }) => row(`\`${type}\``, String(exitCode), meaning)),
  ].join('\n')}\n`;
}

function verbsOf({ verbs }: Description): string[] {
  if (Object.keys(verbs).length === 0) return [];
  return [
    'Each verb is an update with an answer (in the UI: *Send an Update*) and a signal for bots. The payload is `{"actor": "…", "reason": "…", "requestId": "…"}`; `requestId` makes a repeat harmless.',
    '',
    '| Verb | Command | What it does |',
    '| --- | --- | --- |',
    ...Object.entries(verbs).map(([verb, does]) => row(`\`${verb}\``, `\`belay ${verbCommand(verb)}\``, does)),
    '',
  ];
}

function updatesOf({ id, updates }: Description): string[] {
  if (Object.keys(updates).length === 0) return [];
  return [
    `Updates of its own, with an answer (in the UI: *Send an Update*; in a terminal: \`belay ${id} --help\`). \`reason\` and \`requestId\` go with each:`,
    '',
    '| Update | What it does |',
    '| --- | --- |',
    ...Object.entries(updates).map(([name, does]) => row(`\`${name}\``, does)),
    '',
  ];
}

/** The list of all runbooks (markdown). Pure. */
export function indexPage(all: Description[]): string {
  return `${[
    '<!-- Generated from the catalogue by `node dist/client/docs.js`; change workflows/*/runbook.ts instead. -->',
    '',
    '# Runbooks',
    '',
    '| Runbook | What it does | Risk | Takes |',
    '| --- | --- | --- | --- |',
    ...all.map((d) => row(`[${d.id}](${d.id}.md)`, `${d.title}. ${d.purpose}`, d.risk, d.expectedDuration)),
  ].join('\n')}\n`;
}
