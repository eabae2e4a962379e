import { describe, expect, test } from '@jest/globals';
import { barsOf, longestOf, median, ratioOf, type EmergencyResult } from '../../bench/emergency/figures.js';
import type { DownTimes, Measured } from '../../bench/emergency/measure.js';
import { describeDown, downSystem } from '../../bench/emergency/system.js';
import { emergencyTable } from '../../bench/emergency/table.js';
import { longest } from '../../bench/emergency/ways.js';
import { isMet } from '../../bench/kit/bars.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { systemSchema } from '../../systems/schema.js';

const down = (gone: number, snapshotMs = 100): Measured<DownTimes> => ({
  times: { dark: gone / 2, gone, end: gone + 1 },
  activities: { takeSnapshot: snapshotMs },
});
const up = (ready: number) => ({ times: { ready, end: ready }, activities: {} });
const bare = (gone: number): Measured<DownTimes> => ({ ...down(gone), activities: {} });

const result = (ours: number[], snapshotMs?: number): EmergencyResult => ({
  sizes: [
    {
      workloads: 10,
      down: {
        belay: ours.map((one) => down(one, snapshotMs)),
        kubectl: [bare(9), bare(10), bare(30)],
        parallel: [bare(8)],
      },
      up: { belay: [up(3)], kubectl: [up(2)], parallel: [up(4)] },
    },
  ],
  repeats: 3,
  kubectl: 'v1',
  strays: [],
});

describe('figures', () => {
  test('are medians, and their ratio is that of the medians', () => {
    const [size] = result([11, 99, 10]).sizes;
    if (!size) throw new Error('no size');
    expect(median(size.down.belay, 'gone')).toBe(11);
    expect(ratioOf(size.down, 'gone')).toBeCloseTo(1.1);
  });

  test('the longest activity of all rounds counts', () => {
    expect(longestOf([down(1, 70), down(1, 90), down(1, 80)], 'takeSnapshot')).toBe(90);
    const activity = { name: 'setFields', scheduledAt: 0, startedAt: 5 };
    expect(longest([{ ...activity, endedAt: 9 }, { ...activity, endedAt: 30 }, activity])).toEqual({ setFields: 25 });
  });
});

describe('bars', () => {
  test.each([
    ['as quick as the bare command', result([10]), []],
    ['a fifth slower', result([12]), []],
    ['slower than that', result([12.1]), ['no endpoint ready', 'no pod left']],
    ['a slow snapshot', result([10], 2_100), ['snapshot']],
    ['nothing measured', result([]), ['no endpoint ready', 'no pod left', 'snapshot']],
    ['a round that failed', { ...result([10]), strays: ['x'] }, ['rounds that took another course']],
  ])('%s', (_, data, missed) => {
    const names = barsOf(data)
      .filter((bar) => !isMet(bar))
      .map(({ name }) => name);
    expect(names).toEqual(missed.map((part) => expect.stringContaining(part)));
  });
});

test('the tables show both sides, the ratio, and what went wrong', () => {
  const text = emergencyTable({ ...result([12]), strays: ['bench-down-10, belay, round 2: lost'] });
  expect(text).toContain('| 10: Belay | 6 | 12 | 13 | 3 | 3 |');
  expect(text).toContain('| 10: bare command | 5 (1.2 ×) | 10 (1.2 ×) | 11 (1.18 ×) | 2 (1.5 ×) | 2 (1.5 ×) |');
  expect(text).toContain('| 10: kubectl, 8 processes | 4 (1.5 ×) | 8 (1.5 ×) | 9 (1.44 ×) | 4 (0.75 ×) |');
  expect(text).toContain('10: 0.1 s');
  expect(text).toContain('- bench-down-10, belay, round 2: lost');
});

test('the description of the measured system is valid', () => {
  const state = {
    kubernetes: { kubeconfig: '/k', context: 'sandbox', server: 'https://127.0.0.1:1' },
    registry: { host: '127.0.0.1:5000' },
  } as Partial<SandboxState> as SandboxState;
  const parsed = systemSchema.parse(describeDown(downSystem(200), state));
  expect(parsed.workloads).toHaveLength(200);
  expect(parsed.policies.emergency.drainSeconds).toBe(0);
});
