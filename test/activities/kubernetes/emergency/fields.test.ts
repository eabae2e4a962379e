import { describe, expect, test } from '@jest/globals';
import { differencesOf } from '../../../../activities/kubernetes/emergency/compare.js';
import { fieldsOf, readField } from '../../../../activities/kubernetes/emergency/fields.js';
import { meta } from './samples.js';

describe('fields', () => {
  const object = {
    metadata: { annotations: { 'autoscaling.keda.sh/paused': 'true', 'a~b': 'tilde' } },
    spec: { suspend: false, list: [{ x: 1 }] },
  };
  test.each([
    ['/metadata/annotations/autoscaling.keda.sh~1paused', 'true'],
    ['/metadata/annotations/a~0b', 'tilde'],
    ['/spec/suspend', false],
    ['/spec/list/0/x', 1],
    ['/spec/missing/deep', null],
    ['/spec/suspend/deep', null],
    ['/spec/constructor', null],
  ])('%s', (pointer, value) => {
    expect(readField(object, pointer)).toEqual(value);
  });

  test('each one that may change is there, null where the object has none', () => {
    expect(fieldsOf('ScaledObject', object)).toEqual({
      '/metadata/annotations/autoscaling.keda.sh~1paused-replicas': null,
      '/metadata/annotations/autoscaling.keda.sh~1paused': 'true',
    });
  });
});

describe('differences', () => {
  const fields = { '/spec/rules': [{ host: 'a', http: { paths: [] } }], '/spec/defaultBackend': null };
  test.each([
    ['the same in another order', { rules: [{ http: { paths: [] }, host: 'a' }] }, []],
    ['changed', { rules: [] }, [{ key: 'Ingress/web', what: '/spec/rules', was: fields['/spec/rules'], is: [] }]],
    [
      'added',
      { rules: fields['/spec/rules'], defaultBackend: { x: 1 } },
      [{ key: 'Ingress/web', what: '/spec/defaultBackend', was: null, is: { x: 1 } }],
    ],
  ])('%s', (_, spec, differences) => {
    expect(differencesOf('Ingress/web', fields, { ...meta('web'), ...{ spec } })).toEqual(differences);
  });

  test('gone', () => {
    expect(differencesOf('Ingress/web', fields, undefined)).toEqual([
      { key: 'Ingress/web', what: '', was: fields, is: null },
    ]);
  });
});
