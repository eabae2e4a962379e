import { Context } from '@temporalio/activity';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { stringify } from 'yaml';
import { endsOf, findProgram, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';
import type { RoutingCheck, RoutingConfiguration } from './types.js';

const RUN_MS = 20_000;
const SAID_MAX = 2_000;

/** The configuration as text. Comments come from the caller; a line break in one would leave the comment. */
export function renderYaml(config: RoutingConfiguration, header: string[]): string {
  const comments = header.map((line) => `# ${line.replaceAll(/[\r\n]+/g, ' ')}\n`).join('');
  return comments + stringify(config, { lineWidth: 0 });
}

interface Said {
  ok: boolean;
  text: string;
}

async function amtool(file: string, args: string[]): Promise<Said> {
  const signal = Context.current().cancellationSignal;
  try {
    const { stdout, stderr, code } = await runCommand(
      { file, args },
      { signal, timeoutMs: RUN_MS, maxBytes: 262_144, okCodes: [0, 1] },
    );
    return { ok: code === 0, text: `${stdout}${stderr}`.trim() };
  } catch (error) {
    const [end] = endsOf(error);
    if (end === undefined) throw error;
    return { ok: false, text: end.stderr.trim() };
  }
}

/** See `AlertmanagerActivities.checkRouting`. */
export async function checkRouting(input: {
  config: RoutingConfiguration;
  header: string[];
  samples: Record<string, string>[];
}): Promise<RoutingCheck> {
  const yaml = renderYaml(input.config, input.header);
  let program: string;
  try {
    program = await findProgram('amtool');
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'MissingProgram') throw error;
    return { yaml, checkedBy: null, valid: false, said: `Not checked: ${bounded(error.message)}`, receivers: [] };
  }
  const folder = await mkdtemp(join(tmpdir(), 'belay-routing-'));
  try {
    const file = join(folder, 'alertmanager.yml');
    await writeFile(file, yaml, { mode: 0o600 });
    const version = await amtool(program, ['--version']);
    const checkedBy = bounded(version.text.split('\n')[0] ?? 'amtool', 100);
    const check = await amtool(program, ['check-config', file]);
    const said = bounded(check.text.replaceAll(file, 'alertmanager.yml'), SAID_MAX);
    const receivers: string[][] = [];
    if (check.ok) for (const labels of input.samples) receivers.push(await routed(program, file, labels));
    return { yaml, checkedBy, valid: check.ok, said, receivers };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Receivers of an alert with these labels. */
async function routed(program: string, file: string, labels: Record<string, string>): Promise<string[]> {
  // Labels are matchers for amtool: a value in quotes is taken as it is.
  const args = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const { ok, text } = await amtool(program, ['config', 'routes', 'test', `--config.file=${file}`, ...args]);
  if (!ok) return [`? ${bounded(text, 200)}`];
  const last = text.split('\n').findLast((line) => line.trim() !== '') ?? '';
  return last.split(',').map((one) => one.trim());
}
