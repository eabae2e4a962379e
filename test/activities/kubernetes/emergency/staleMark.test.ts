import { describe, expect, test } from '@jest/globals';
import { fieldPatch } from '../../../../activities/kubernetes/emergency/fieldPatch.js';
import { readMark, STOPPED } from '../../../../activities/kubernetes/emergency/mark.js';
import { runRef } from '../support.js';

const old = JSON.stringify({ snapshot: 'old', was: { '/spec/replicas': 3 } });
const live = (replicas: number, mark?: string) => ({
  metadata: {
    ...{ name: 'web', uid: 'u', resourceVersion: '7' },
    ...(mark === undefined ? {} : { annotations: { [STOPPED]: mark } }),
  },
  spec: { replicas },
});
const ref = { kind: 'Deployment' as const, apiVersion: 'apps/v1', namespace: 'prod', name: 'web', uid: 'u' };
const marking = { run: runRef(), mark: { snapshot: 'new', was: { '/spec/replicas': 5 } } };
const markOf = (operations: { path: string; value?: unknown }[]): unknown =>
  operations.find(({ path }) => path.endsWith('belay.dev~1stopped'))?.value;

describe('a mark that an undone rollout brought back from a ReplicaSet', () => {
  test('says nothing of a workload with replicas', () => {
    expect(readMark(live(5, old))).toBeUndefined();
    expect(readMark(live(0, old))).toMatchObject({ snapshot: 'old' });
  });

  test('gives way to that of the next shutdown', () => {
    const { operations } = fieldPatch(live(5, old), { ref, fields: { '/spec/replicas': 0 } }, marking);
    expect(markOf(operations)).toBe(JSON.stringify({ snapshot: 'new', was: { '/spec/replicas': 5 } }));
  });

  test('goes with a recovery', () => {
    const undo = { run: marking.run, unmark: true };
    const { operations } = fieldPatch(live(5, old), { ref, fields: { '/spec/replicas': 5 } }, undo);
    expect(operations.at(-1)).toMatchObject({ op: 'remove', path: expect.stringContaining('stopped') });
  });
});
