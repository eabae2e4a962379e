import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../kit/paths.js';

const JQ_FIELDS = new Set(['key', 'expression']);

/**
 * Writes kwok's configuration from `stages/`: every jq expression gets `_helpers.jq` in front and every template
 * `_helpers.tpl`, because kwok has no way to share them between stages.
 */
export async function writeKwokConfig(file: string): Promise<string> {
  const folder = join(projectRoot(), 'sandbox', 'kubernetes', 'stages');
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const jq = await read('_helpers.jq');
  const tpl = await read('_helpers.tpl');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  const stages = await Promise.all(names.map(async (name) => withHelpers(parse(await read(name)), jq, tpl)));
  const configuration = {
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokConfiguration',
    options: { podPlayStageParallelism: 32, nodePlayStageParallelism: 4, nodeLeaseParallelism: 4 },
  };
  const documents = [configuration, ...stages].map((document) => stringify(document, { lineWidth: 0 }));
  await writeFile(file, documents.join('---\n'));
  return file;
}

function withHelpers(value: unknown, jq: string, tpl: string, field = '', inJq = false): unknown {
  if (typeof value === 'string') {
    if (inJq && JQ_FIELDS.has(field)) return jq + value;
    return field === 'template' ? tpl + value : value;
  }
  if (Array.isArray(value)) return value.map((item) => withHelpers(item, jq, tpl));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withHelpers(item, jq, tpl, name, field === 'jq')]),
  );
}
