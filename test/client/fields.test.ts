import { expect, test } from '@jest/globals';
import { fieldsOf, inputSchema, typeInWords } from '../../client/fields.js';
import { rollingUpdateRunbook } from '../../workflows/rollingUpdate/runbook.js';
import type { Runbook } from '../../workflows/kit/runbook.js';

test('fields are told as a person writes them: nested ones with their path, those with a default as optional', () => {
  const fields = fieldsOf(inputSchema(rollingUpdateRunbook as unknown as Runbook));
  const field = (path: string) => fields.find((one) => one.path === path);
  expect(field('system')).toMatchObject({ required: true, type: 'text up to 63 characters' });
  expect(field('changes[].image')).toMatchObject({ required: true, description: expect.stringContaining('ghcr.io') });
  expect(field('onBusy')).toMatchObject({ required: false, default: 'fail', type: 'fail | wait' });
  expect(field('bakeSeconds')).toEqual({
    path: 'bakeSeconds',
    type: 'integer 0 to 7200',
    required: false,
    description: '',
  });
});

test.each([
  [{ type: 'integer', minimum: 1 }, 'integer from 1'],
  [{ type: 'array', items: { type: 'string' } }, 'list of text'],
  [{ anyOf: [{ const: 'a' }, { type: 'object', properties: { b: {} } }] }, '"a" | { b }'],
  [{}, 'anything'],
])('%j is "%s"', (schema, words) => {
  expect(typeInWords(schema)).toBe(words);
});
