import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { crossCheck } from '../../systems/crossCheck.js';
import { INCIDENT_SAMPLE } from './describeIncidents.js';

type Key = string | number;

// Without what other checks take their time for.
const SAMPLE: unknown = { ...(parse(INCIDENT_SAMPLE) as object), workloads: [], blackouts: [] };
const JUNK = [null, 'x', [null], { x: {} }];

/** Paths of everything in these sections, the sections themselves first. */
function paths(value: unknown, at: Key[]): Key[][] {
  if (typeof value !== 'object' || value === null) return [at];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...inner.flatMap(([key, one]: [Key, unknown]) => paths(one, [...at, key]))];
}

function replaced(root: unknown, path: Key[], value: unknown): unknown {
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<Key, unknown>)[key], root);
  (parent as Record<Key, unknown>)[path.at(-1) ?? ''] = value;
  return root;
}

test('whatever stands in the place of whatever, the checks end and say where something is wrong', () => {
  const whole = SAMPLE as Record<string, unknown>;
  const all = ['channels', 'notify', 'people', 'rotas', 'incidents'].flatMap((section) =>
    paths(whole[section], [section]),
  );
  expect(all.length).toBeGreaterThan(150);
  const findings = all.flatMap((path) =>
    JUNK.flatMap((junk) => crossCheck(replaced(structuredClone(SAMPLE), path, junk), 'shop')),
  );
  expect(findings.length).toBeGreaterThan(100);
  for (const { path, message } of findings) {
    expect(path.length).toBeGreaterThan(0);
    expect(message).not.toMatch(/undefined|\[object|NaN/);
  }
});
