import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { packagedSystems } from '../../systems/directories.js';
import { systemJsonSchema, systemJsonSchemaText } from '../../systems/jsonSchema.js';
import { listSystems } from '../../systems/load.js';

const folder = packagedSystems();
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
const validate = ajv.compile(systemJsonSchema());

describe('the JSON Schema', () => {
  test('systems/schema.json is in step with schema.ts (else: npm run build && node dist/systems/writeJsonSchema.js)', () => {
    expect(readFileSync(join(folder, 'schema.json'), 'utf8')).toBe(systemJsonSchemaText());
  });

  test.each(listSystems([folder]))('%s is valid and names the schema to editors', (name) => {
    const text = readFileSync(join(folder, `${name}.yaml`), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./schema.json');
    validate(parse(text));
    expect(validate.errors).toBeNull();
  });

  test.each([
    ['an unknown field', { name: 'a', title: 'A', workload: [] }],
    ['a missing title', { name: 'a' }],
    [
      'a literal secret for a reference',
      { name: 'a', title: 'A', channels: { s: { type: 'slack', channel: '#a', token: 'abc' } } },
    ],
    [
      'a literal key of a status page',
      { name: 'a', title: 'A', channels: { s: { type: 'statuspage', pageId: 'p1', token: 'abc' } } },
    ],
    [
      'a rota that is of two kinds',
      { name: 'a', title: 'A', rotas: { r: { source: 'slack', userGroup: 'S0123', token: 'env:T', people: ['ada'] } } },
    ],
    [
      'a literal token of a source',
      {
        ...{ name: 'a', title: 'A' },
        incidents: {
          severities: [{ id: 'P1', policy: 'p' }],
          policies: {},
          sources: { s: { type: 'alertmanager', tokens: ['abc'] } },
        },
      },
    ],
    [
      'a gate without a bound',
      { name: 'a', title: 'A', workloads: [{ name: 'w', tier: 't', gates: [{ name: 'g', query: 'up' }] }] },
    ],
  ])('refuses %s', (_, description) => {
    expect(validate(description)).toBe(false);
  });
});
