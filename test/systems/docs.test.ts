import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { packagedSystems } from '../../systems/directories.js';
import { checkSystemFile } from '../../systems/check.js';
import { checkStarts } from '../../systems/startChecks.js';
import { catalogue } from '../../workflows/catalogue.js';
import { folderWith } from './describeFile.js';

const page = readFileSync(join(dirname(packagedSystems()), 'docs', 'systems.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
const example = (section: string): string => examples.find((text) => text.startsWith(`${section}:`)) ?? '';

test('the examples of people, rotas and incidents make a description without a problem', () => {
  const web =
    'name: shop\ntitle: Shop\nkubernetes: { namespace: shop }\ntiers: [edge]\nworkloads: [{ name: web, tier: edge }]\n';
  const channels = examples
    .filter((text) => text.startsWith('channels:'))
    .map((text) => text.replace(/^notify:.*/ms, ''));
  expect(channels).toHaveLength(2);
  const text = [web, 'channels:\n', ...channels.map((one) => one.replace('channels:\n', ''))].join('');
  const whole = text + ['people', 'rotas', 'incidents'].map(example).join('');
  expect(whole).toContain('severityLabel');
  const file = join(folderWith({ 'shop.yaml': whole }), 'shop.yaml');
  expect(checkSystemFile(file, checkStarts(catalogue))).toEqual([]);
});
