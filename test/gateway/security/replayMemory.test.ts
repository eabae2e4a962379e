import { describe, expect, test } from '@jest/globals';
import {
  createReplayMemory,
  outsideMemory,
  pagerdutyMemoryMs,
  slackMemoryMs,
} from '../../../client/gateway/security/replayMemory.js';

/** A memory with a clock of its own, and work that counts how often it is done. */
function ground(ttlMs = 1_000, max?: number) {
  let time = 5_000;
  let done = 0;
  const memory = createReplayMemory<number>({ ttlMs, now: () => time, ...(max === undefined ? {} : { max }) });
  return {
    memory,
    pass: (ms: number) => void (time += ms),
    work: () => Promise.resolve((done += 1)),
    done: () => done,
  };
}

describe('the memory of deliveries', () => {
  test('does a delivery once, and gives a repeat the same result', async () => {
    const { memory, work, done } = ground();
    expect(await memory.once('a', work)).toEqual({ first: true, value: 1 });
    expect(await memory.once('a', work)).toEqual({ first: false, value: 1 });
    expect(await memory.once('b', work)).toEqual({ first: true, value: 2 });
    expect(done()).toBe(2);
  });

  test('a repeat that comes while the first is under way waits for it', async () => {
    const { memory } = ground();
    let finish = (_value: number): void => undefined;
    const first = memory.once('a', () => new Promise<number>((resolve) => (finish = resolve)));
    const second = memory.once('a', () => Promise.reject(new Error('done twice')));
    finish(7);
    expect(await Promise.all([first, second])).toEqual([
      { first: true, value: 7 },
      { first: false, value: 7 },
    ]);
  });

  test('forgets what failed, so that the next try is taken', async () => {
    const { memory, work } = ground();
    await expect(memory.once('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await memory.once('a', work)).toEqual({ first: true, value: 1 });
  });

  test('remembers for its time and no longer', async () => {
    const { memory, work, pass } = ground(1_000);
    await memory.once('a', work);
    pass(999);
    expect((await memory.once('a', work)).first).toBe(false);
    pass(2);
    expect((await memory.once('a', work)).first).toBe(true);
  });

  test('a repeat does not lengthen the time', async () => {
    const { memory, work, pass } = ground(1_000);
    await memory.once('a', work);
    pass(600);
    await memory.once('a', work);
    pass(600);
    expect((await memory.once('a', work)).first).toBe(true);
  });

  test('holds no more than its limit', async () => {
    const { memory, work } = ground(1_000, 2);
    for (const key of ['a', 'b', 'c']) await memory.once(key, work);
    expect(memory.size).toBe(2);
    expect((await memory.once('a', work)).first).toBe(true);
  });

  test('covers the times in which signatures and deliveries stay valid', () => {
    expect(slackMemoryMs).toBeGreaterThanOrEqual(2 * 300_000);
    expect(pagerdutyMemoryMs).toBeGreaterThanOrEqual(48 * 3_600_000);
  });

  const hour = 3_600_000;
  test.each([
    [0, false],
    [-47.9 * hour, false],
    [-48.1 * hour, true],
    [5 * 60_000, false],
    [hour, true],
  ])('an event of %d ms from now is outside of it: %s', (offset, outside) => {
    expect(outsideMemory(1e12 + offset, 1e12)).toBe(outside);
  });
});
