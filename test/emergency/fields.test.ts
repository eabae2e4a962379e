import { expect, test } from '@jest/globals';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { systemSchema } from '../../systems/schema.js';
import { describeEstate } from './estate.js';
import { at, changed, type Seen } from './fields.js';
import { manifests, tiers, workloads } from './objects.js';

const object = {
  metadata: { annotations: { 'a.b/c~d': 'x' } },
  spec: { replicas: 0, suspend: false, list: [{ n: 1 }] },
};

test.each([
  ['/spec/replicas', 0],
  ['/spec/suspend', false],
  ['/spec/behavior', null],
  ['/spec/replicas/deeper', null],
  ['/spec/list/0/n', 1],
  ['/metadata/annotations/a.b~1c~0d', 'x'],
  ['/spec/constructor', null],
])('%s is %p', (pointer, value) => expect(at(object, pointer)).toEqual(value));

const seen = (more: Partial<Seen> = {}): Seen => ({
  uid: 'u',
  fields: { '/spec/replicas': 2 },
  marks: {},
  spec: {},
  ...more,
});

test.each([
  ['nothing', { x: seen() }, []],
  ['a field', { x: seen({ fields: { '/spec/replicas': 0 } }) }, ['x']],
  ['a mark', { x: seen({ marks: { 'belay.dev/stopped': '{}' } }) }, ['x']],
  ['the rest of the spec', { x: seen({ spec: { paused: true } }) }, ['x']],
  ['the object itself', { x: seen({ uid: 'v' }) }, ['x']],
  ['its absence', {}, ['x']],
  ['a new one', { x: seen(), y: seen() }, ['y']],
])('%s is seen as changed', (_, after, keys) => expect(changed({ x: seen() }, after)).toEqual(keys));

test('the estate has twelve workloads in three tiers, one of which nothing describes', () => {
  expect(workloads).toHaveLength(12);
  const state = { services: { url: 'http://127.0.0.1:1' }, registry: { host: '127.0.0.1:2' } } as Partial<SandboxState>;
  const slack = { slack: { url: 'http://127.0.0.1:3' } } as Partial<SandboxState>;
  const described = systemSchema.parse(describeEstate('estate-x', { ...state, ...slack } as SandboxState));
  expect(described.workloads).toHaveLength(11);
  expect([...new Set(described.workloads.map(({ tier }) => tier))]).toEqual(tiers);
});

test('every claim of the estate has a volume', () => {
  const all = manifests({ namespace: 'n', image: (app, tag) => `${app}:${tag}` });
  expect(all.filter(({ kind }) => kind === 'PersistentVolume')).toHaveLength(5);
});
