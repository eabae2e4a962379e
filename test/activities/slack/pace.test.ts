import { describe, expect, test } from '@jest/globals';
import { createPace, slotAt } from '../../../activities/slack/pace.js';
import { inActivity } from '../http/inActivity.js';

/** Slots of messages that are wanted at these times (ms). */
function slots(wanted: number[]): number[] {
  let mark: number | undefined;
  return wanted.map((now) => {
    const found = slotAt(mark, now);
    mark = found.mark;
    return found.slot;
  });
}

describe('turns of a channel', () => {
  test.each<[string, number[], number[]]>([
    ['a burst of three goes at once, then one a second', [0, 0, 0, 0, 0, 0], [0, 0, 0, 1_000, 2_000, 3_000]],
    ['one a second never waits', [0, 1_000, 2_000, 3_000, 4_000], [0, 1_000, 2_000, 3_000, 4_000]],
    [
      'after a pause the burst is there again',
      [0, 0, 0, 0, 9_000, 9_000, 9_000, 9_000],
      [0, 0, 0, 1_000, 9_000, 9_000, 9_000, 10_000],
    ],
  ])('%s', (_, wanted, expected) => {
    expect(slots(wanted)).toEqual(expected);
  });

  test('fifty at once never come closer than one a second, the burst apart', () => {
    const found = slots(Array.from({ length: 50 }, () => 0));
    expect(found.at(-1)).toBe(47_000);
    expect(new Set(found.slice(3)).size).toBe(47);
  });
});

test('a far turn is left to Temporal, and kept for the next attempt', async () => {
  let now = 1_000_000;
  const pace = createPace(() => now);
  const wait = (activityId: string, channel = 'C0PACETEST') =>
    inActivity(() => pace(channel, 'Slack channel "x"'), undefined, { activityId });
  for (const id of ['a', 'b', 'c']) await wait(id);
  now -= 2_500; // As if three more had come in the meantime: the next turn is 3.5 s off.
  await expect(wait('d')).rejects.toMatchObject({
    ...{ type: 'SlackRateLimited', nonRetryable: false, nextRetryDelay: 4_000 },
    message: 'Slack channel "x": other messages to the channel go first.',
  });
  await expect(wait('e')).rejects.toMatchObject({ nextRetryDelay: 5_000 });
  await expect(wait('f', 'C0ANOTHER1')).resolves.toBeUndefined();
  now += 4_000;
  // Whoever was promised a slot does not stand in line again.
  await expect(wait('d')).resolves.toBeUndefined();
  now += 1_000;
  await expect(wait('e')).resolves.toBeUndefined();
});
