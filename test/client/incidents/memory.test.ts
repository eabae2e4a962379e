import { describe, expect, test } from '@jest/globals';
import { Episodes } from '../../../client/incidents/episodes.js';
import { atMost, InOrder } from '../../../client/incidents/inOrder.js';
import { Storms } from '../../../client/incidents/storms.js';
import { alert } from './shop.js';

const MINUTE = 60_000;

describe('resolves that overtake their firing', () => {
  const fires = (startsAt: number) => alert({ alertname: 'A' }, { startsAt });
  const resolves = (startsAt: number) =>
    alert({ alertname: 'A' }, { startsAt, status: 'resolved', endsAt: startsAt + 5 });

  /** What comes, at which minute, and how it is told. */
  const cases: [string, [number, ReturnType<typeof fires>, 'firing' | 'resolved'][]][] = [
    [
      'a late firing is told as resolved',
      [
        [0, resolves(100), 'resolved'],
        [1, fires(100), 'resolved'],
      ],
    ],
    [
      'also a second time',
      [
        [0, resolves(100), 'resolved'],
        [1, fires(100), 'resolved'],
        [2, fires(100), 'resolved'],
      ],
    ],
    [
      'one of an earlier episode too',
      [
        [0, resolves(100), 'resolved'],
        [1, fires(50), 'resolved'],
      ],
    ],
    [
      'a later episode fires',
      [
        [0, resolves(100), 'resolved'],
        [1, fires(101), 'firing'],
      ],
    ],
    [
      'after ten minutes nothing is under way any more',
      [
        [0, resolves(100), 'resolved'],
        [11, fires(100), 'firing'],
      ],
    ],
    [
      'a resolve in its place holds nothing: the same episode may fire again',
      [
        [0, fires(100), 'firing'],
        [1, resolves(100), 'resolved'],
        [2, fires(100), 'firing'],
      ],
    ],
    [
      'the resolve of a later episode than was seen is held',
      [
        [0, fires(100), 'firing'],
        [1, resolves(200), 'resolved'],
        [2, fires(200), 'resolved'],
      ],
    ],
  ];

  test.each(cases)('%s', (_name, steps) => {
    let now = 0;
    const episodes = new Episodes(() => now);
    const told = steps.map(([minute, sent]) => {
      now = minute * MINUTE + 1;
      return episodes.take(sent).alert.status;
    });
    expect(told).toEqual(steps.map(([, , status]) => status));
  });

  test('keeps the end that the resolve told', () => {
    const episodes = new Episodes(() => 1);
    episodes.take(resolves(100));
    expect(episodes.take(fires(100))).toEqual({
      held: true,
      alert: { ...fires(100), status: 'resolved', startsAt: 100, endsAt: 105 },
    });
  });
});

describe('storms', () => {
  const limit = { incidents: 3, withinSeconds: 60 };
  /** Seconds at which new incidents come, and which of them are too many. */
  const cases: [string, number[], boolean[]][] = [
    ['at the limit there is no storm', [0, 1, 2], [false, false, false]],
    ['one above it is one too many', [0, 1, 2, 3, 4], [false, false, false, true, true]],
    ['what lies before the window does not count', [0, 1, 2, 61, 62], [false, false, false, false, false]],
    ['it goes on while more keep coming', [0, 0, 0, 20, 40, 59, 79], [false, false, false, true, true, true, true]],
    ['and ends with calm', [0, 0, 0, 0, 100], [false, false, false, true, false]],
  ];

  test.each(cases)('%s', (_name, times, stormy) => {
    let now = 0;
    const storms = new Storms(() => now);
    const found = times.map((second) => {
      now = second * 1_000 + 1;
      return storms.count('shop/disk', limit).stormy;
    });
    expect(found).toEqual(stormy);
  });

  test('each rule has its own count, and what turns out to be open counts no more', () => {
    const storms = new Storms(() => 1);
    for (let i = 0; i < 3; i++) storms.count('shop/disk', limit);
    expect(storms.count('shop/net', limit).stormy).toBe(false);
    const fourth = storms.count('shop/disk', limit);
    fourth.takeBack();
    fourth.takeBack();
    expect(fourth.stormy).toBe(true);
    expect(storms.count('shop/disk', limit).stormy).toBe(true);
  });

  test('an incident is known with its run', () => {
    const storms = new Storms(() => 1);
    expect(storms.knows('i')).toBe(false);
    expect([storms.remember('i', 'run 1'), storms.remember('i', 'run 1'), storms.remember('i', 'run 2')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(storms.knows('i')).toBe(true);
  });
});

describe('order', () => {
  const gate = () => {
    let open = (): void => undefined;
    const passed = new Promise<void>((resolve) => (open = resolve));
    return { passed, open: () => open() };
  };

  test('of one key after the other, also after a failure; other keys do not wait', async () => {
    const order = new InOrder();
    const slow = gate();
    const seen: string[] = [];
    const one = order.run('a', async () => {
      await slow.passed;
      seen.push('a1');
      throw new Error('no');
    });
    const two = order.run('a', async () => void seen.push('a2'));
    await order.run('b', async () => void seen.push('b'));
    expect(seen).toEqual(['b']);
    slow.open();
    await expect(one).rejects.toThrow('no');
    await two;
    expect(seen).toEqual(['b', 'a1', 'a2']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order.size).toBe(0);
  });

  test('never more at once than allowed; results in order', async () => {
    let under = 0;
    let most = 0;
    const results = await atMost(3, [5, 4, 3, 2, 1], async (value) => {
      most = Math.max(most, ++under);
      await Promise.resolve();
      under -= 1;
      return value * 2;
    });
    expect(results).toEqual([10, 8, 6, 4, 2]);
    expect(most).toBe(3);
  });

  test('after a failure nothing more is begun, and what is under way ends', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = async (value: number) => {
      begun.push(value);
      await Promise.resolve();
      if (value === 1) throw new Error('one');
      await Promise.resolve();
      ended.push(value);
    };
    await expect(atMost(2, [1, 2, 3, 4], work)).rejects.toThrow('one');
    expect(begun).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });
});
