import { describe, expect, test } from '@jest/globals';
import type { ResolvedContact } from '../../../activities/oncall/types.js';
import { decide, SLOW_MS } from '../../../workflows/pager/decide.js';
import { KEYS, takePage, takeRecall } from '../../../workflows/pager/intake.js';
import { endsAt, IDLE_MS, land, type Landing, needless } from '../../../workflows/pager/landing.js';
import type { Telling } from '../../../workflows/pager/outcomes.js';
import { emptyPager, pack, unpack } from '../../../workflows/pager/state.js';
import { details, statusOf } from '../../../workflows/pager/view.js';
import { contact, page, request } from './samples.js';

const S = 1_000;

/** A pager whose clock the test moves. What it sends and tells is written down as text. */
class Pager {
  state = emptyPager(0);
  now = 0;
  keys: string[] = [];

  /** Takes pages at the present and decides. */
  page(contacts: ResolvedContact[], ...pages: Parameters<typeof page>[]): string[] {
    const told = pages.flatMap(([key, more]) =>
      takePage(this.state, request(page(key, { at: this.now, ...more }), ...contacts), this.now),
    );
    return [...told.map(tellingText), ...this.decide()];
  }

  decide(): string[] {
    const { send, tell } = decide(this.state, 'alice', this.now);
    this.keys.push(...send.map(({ bundle }) => bundle.key));
    return [
      ...send.map(({ contact: { channel }, bundle }) => `${channel} ← ${bundle.pages.map(({ key }) => key).join(' ')}`),
      ...tell.map(tellingText),
    ];
  }

  /** Moves the clock to an instant and decides. */
  at(now: number): string[] {
    this.now = now;
    return this.decide();
  }

  land(channel: string, landing: Landing = { outcome: 'sent' }): string[] {
    return [...land(this.state, 'alice', channel, landing, this.now).map(tellingText), ...this.decide()];
  }

  get wakeAt(): number | undefined {
    return decide(structuredClone(this.state), 'alice', this.now).wakeAt;
  }
}

function tellingText({ event }: Telling): string {
  return `${event.outcome} ${event.channel}${event.detail === undefined ? '' : `: ${event.detail}`}`;
}

describe('contacts in order', () => {
  test('each at its time after the page, counted from the page and not from the contact before', () => {
    const pager = new Pager();
    expect(pager.page([contact('dm'), contact('sms', 60), contact('call', 120)], ['p1'])).toEqual(['dm ← p1']);
    expect(pager.at(5 * S)).toEqual([]);
    expect(pager.land('dm')).toEqual(['sent dm']);
    expect(pager.wakeAt).toBe(60 * S);
    expect(pager.at(60 * S - 1)).toEqual([]);
    expect(pager.at(60 * S)).toEqual(['sms ← p1']);
    expect(pager.land('sms')).toEqual(['sent sms']);
    expect(pager.at(120 * S)).toEqual(['call ← p1']);
    expect(pager.land('call')).toEqual(['sent call']);
    expect(pager.state.pending).toEqual([]);
  });

  test('a contact that fails for good makes the next one due at once; the one after it keeps its time', () => {
    const pager = new Pager();
    pager.page([contact('dm'), contact('sms', 60), contact('call', 120)], ['p1']);
    pager.now = 3 * S;
    expect(pager.land('dm', { outcome: 'failed', detail: 'Slack is away' })).toEqual([
      'failed dm: Slack is away',
      'sms ← p1',
    ]);
    expect(pager.land('sms')).toEqual(['sent sms']);
    expect(pager.wakeAt).toBe(120 * S);
  });

  test('when every contact has failed, the person is unreachable at once', () => {
    const pager = new Pager();
    pager.page([contact('dm'), contact('sms', 60)], ['p1']);
    pager.land('dm', { outcome: 'failed' });
    expect(pager.land('sms', { outcome: 'failed' })).toEqual([
      'failed sms',
      'unreachable dm, sms: every way has failed',
    ]);
    expect(pager.state.pending).toEqual([]);
    expect(pager.wakeAt).toBeUndefined();
  });

  test('without any contact the person is unreachable at once', () => {
    expect(new Pager().page([], ['p1'])).toEqual(['unreachable none: there is no usable contact']);
  });

  test('a message that gets no answer for long makes the next contact due, and still counts when it ends', () => {
    const pager = new Pager();
    pager.page([contact('dm'), contact('sms', 600)], ['p1']);
    expect(pager.wakeAt).toBe(SLOW_MS);
    expect(pager.at(SLOW_MS)).toEqual(['sms ← p1', 'delayed dm: no answer for 45 s; the next way is tried at once']);
    expect(pager.land('sms', { outcome: 'failed' })).toEqual(['failed sms']);
    expect(pager.land('dm')).toEqual(['sent dm']);
    expect(pager.state.pending).toEqual([]);
  });

  test('a page behind a message without an answer does not wait for it', () => {
    const pager = new Pager();
    const ways = [contact('dm'), contact('sms', 600)];
    pager.page(ways, ['p1']);
    pager.at(SLOW_MS);
    pager.land('sms');
    pager.at(SLOW_MS + 10 * S);
    expect(pager.page(ways, ['p2'])).toEqual([
      'sms ← p2',
      'delayed dm: the message before has no answer yet; the next way is tried at once',
    ]);
    pager.at(SLOW_MS + 20 * S);
    pager.land('dm');
    expect(pager.at(SLOW_MS + 22 * S)).toEqual(['dm ← p2']);
  });
});

describe('bundles', () => {
  const dm = [contact('dm')];

  test('what comes while a message is under way, or shortly after, becomes one message; urgent pages first', () => {
    const pager = new Pager();
    expect(pager.page(dm, ['p1'])).toEqual(['dm ← p1']);
    pager.at(1 * S);
    expect(pager.page(dm, ['p2'])).toEqual([]);
    expect(pager.land('dm')).toEqual(['sent dm']);
    pager.at(2 * S);
    expect(pager.page(dm, ['p3', { incident: 'other', urgent: true }])).toEqual([]);
    expect(pager.wakeAt).toBe(3 * S);
    expect(pager.at(3 * S)).toEqual(['dm ← p3 p2']);
    expect(pager.land('dm')).toEqual(['sent dm: 2 pages in one message', 'sent dm: 2 pages in one message']);
    expect(statusOf('alice', pager.state)).toMatchObject({ sent: 2, bundled: 2, pending: [] });
  });

  test('one incident is told once of a message', () => {
    const pager = new Pager();
    expect(pager.page(dm, ['p1'], ['p2'], ['p3'])).toEqual(['dm ← p1 p2 p3']);
    expect(pager.land('dm')).toEqual(['sent dm: 3 pages in one message']);
  });

  test('channels do not wait for each other', () => {
    const pager = new Pager();
    pager.page(dm, ['p1']);
    expect(pager.page([contact('sms')], ['p2'])).toEqual(['sms ← p2']);
  });

  test('the key follows from what is in it: the same for the same pages, another for another channel or contact', () => {
    const keys = [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'c'],
    ].map((names) => {
      const pager = new Pager();
      pager.page(dm, ...names.map((name): [string] => [name]));
      return pager.keys[0];
    });
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
    const twice = new Pager();
    twice.page([contact('dm'), contact('dm', 60)], ['a']);
    twice.at(10 * S);
    twice.land('dm');
    expect(twice.at(60 * S)).toEqual(['dm ← a']);
    expect(new Set(twice.keys).size).toBe(2);
  });

  test('a message holds a hundred pages; the others follow', () => {
    const pager = new Pager();
    const many = Array.from({ length: 130 }, (_, n): [string] => [`p${n}`]);
    expect(pager.page(dm, ...many)[0]?.split(' ')).toHaveLength(102);
    pager.land('dm');
    expect(pager.at(2 * S)[0]?.split(' ')).toHaveLength(32);
  });
});

describe('limits', () => {
  const limited = contact('sms', 0, [{ max: 2, withinSeconds: 60 }]);

  test('delay and bundle, never drop; the next contact is tried at once', () => {
    const pager = new Pager();
    const ways = [limited, contact('call', 600)];
    for (const [n, at] of [0, 10 * S].entries()) {
      pager.at(at);
      expect(pager.page(ways, [`p${n}`])).toEqual([`sms ← p${n}`]);
      pager.land('sms');
    }
    pager.at(20 * S);
    const delayed = 'delayed sms: over its limit until 1970-01-01T00:01:00.000Z; the next way is tried at once';
    expect(pager.page(ways, ['p3'])).toEqual(['call ← p3', delayed]);
    pager.land('call');
    pager.at(30 * S);
    expect(pager.page(ways, ['p4'])).toEqual(['call ← p4', delayed]);
    pager.land('call');
    expect(pager.wakeAt).toBe(60 * S);
    expect(pager.at(60 * S)).toEqual(['sms ← p3 p4']);
  });

  test('a page that comes right after the last message that is allowed does not wait for anything', () => {
    const pager = new Pager();
    const ways = [contact('sms', 0, [{ max: 1, withinSeconds: 60 }]), contact('call', 600)];
    pager.page(ways, ['p1']);
    expect(pager.page(ways, ['p2'])).toEqual(['call ← p2', expect.stringMatching(/^delayed sms/)]);
    pager.land('sms');
    expect(pager.page(ways, ['p3'])).toEqual([expect.stringMatching(/^delayed sms/)]);
    pager.now = S;
    pager.land('call');
    expect(pager.wakeAt).toBe(3 * S);
    expect(pager.at(3 * S)).toEqual(['call ← p3']);
  });

  test('several limits hold together', () => {
    const pager = new Pager();
    const ways = [
      contact('sms', 0, [
        { max: 1, withinSeconds: 10 },
        { max: 2, withinSeconds: 100 },
      ]),
    ];
    const sent: number[] = [];
    for (let now = 0; now <= 220 * S; now += S) {
      pager.now = now;
      const said = now % (5 * S) === 0 ? pager.page(ways, [`p${now}`]) : pager.decide();
      if (said.some((line) => line.startsWith('sms ←'))) {
        sent.push(now / S);
        pager.land('sms');
      }
    }
    expect(sent).toEqual([0, 10, 100, 110, 200, 210]);
  });

  test('with a single contact a page waits, and is not unreachable', () => {
    const pager = new Pager();
    pager.page([contact('sms', 0, [{ max: 1, withinSeconds: 60 }])], ['p1']);
    pager.land('sms');
    pager.at(5 * S);
    expect(pager.page([contact('sms', 0, [{ max: 1, withinSeconds: 60 }])], ['p2'])).toEqual([
      expect.stringMatching(/^delayed sms.*; there is no other way$/),
    ]);
    expect(pager.at(30 * S)).toEqual([]);
    expect(pager.at(60 * S)).toEqual(['sms ← p2']);
  });
});

describe('a recall', () => {
  const ways = [contact('dm'), contact('sms', 60)];
  const incident = 'incident/harbor/disk/1';

  test('stops further contacts and leaves what is under way', () => {
    const pager = new Pager();
    pager.page(ways, ['p1']);
    takeRecall(pager.state, { incident, why: 'answered' }, S);
    expect(needless(pager.state)).toEqual(['dm']);
    expect(pager.land('dm')).toEqual(['sent dm']);
    expect(pager.at(60 * S)).toEqual([]);
    expect(pager.state.pending).toEqual([]);
  });

  test('cancels what is not sent, and nobody is unreachable for it', () => {
    const pager = new Pager();
    pager.page(ways, ['p1']);
    pager.page(ways, ['p2', { incident: 'other' }]);
    takeRecall(pager.state, { incident, why: 'answered' }, S);
    expect(pager.land('dm', { outcome: 'cancelled' })).toEqual([]);
    expect(pager.state.pending.map(({ page: { key } }) => key)).toEqual(['p2']);
    expect(pager.at(2 * S)).toEqual(['dm ← p2']);
  });

  test.each([
    ['keys that are to be kept stay', { keep: ['p2'] }, ['p2']],
    ['pages written since it was decided stay', { at: 5 }, ['p2', 'p3']],
    ['all go', {}, []],
  ])('%s', (_, more, left) => {
    const pager = new Pager();
    pager.page([contact('dm', 60)], ['p1', { at: 1 }], ['p2', { at: 5 }], ['p3', { at: 6 }]);
    takeRecall(pager.state, { incident, why: 'answered', ...more }, S);
    expect(pager.state.pending.map(({ page: { key } }) => key)).toEqual(left);
  });

  test('a page that was written before and arrives after it is not sent', () => {
    const pager = new Pager();
    takeRecall(pager.state, { incident, why: 'answered', at: 10 * S }, 11 * S);
    pager.now = 12 * S;
    expect(pager.page(ways, ['late', { at: 9 * S }])).toEqual([]);
    expect(pager.page(ways, ['new', { at: 10 * S }])).toEqual(['dm ← new']);
  });
});

test('a page of one key is taken once, of thousands', () => {
  const pager = new Pager();
  expect(KEYS).toBeGreaterThanOrEqual(2_000);
  const many = Array.from({ length: 2_000 }, (_, n): Parameters<typeof page> => [`p${n}`, { incident: 'i' }]);
  pager.page([contact('dm', 3_600)], ...many);
  expect(pager.state.pending).toHaveLength(2_000);
  takeRecall(pager.state, { incident: 'i', why: 'over' }, 0);
  expect(pager.page([contact('dm')], ['p0', { incident: 'i' }])).toEqual([]);
  expect(pager.state.pending).toEqual([]);
});

test('what the next run gets stays small, and is the same state', () => {
  const pager = new Pager();
  const ways = [contact('dm', 3_600), contact('sms', 3_600)];
  const key = 'incident/harbor/some-rule/0123456789abcdef/run/1';
  const text = 'x'.repeat(2_000);
  pager.page(ways, ...Array.from({ length: 1_000 }, (_, n): Parameters<typeof page> => [`${key}/${n}`, { text }]));
  const packed = pack(pager.state);
  expect(JSON.stringify(packed).length).toBeLessThan(1_500_000);
  expect(unpack(JSON.parse(JSON.stringify(packed)))).toEqual(pager.state);
});

test('a pager ends an hour after the last event, or when its limits have forgotten its messages', () => {
  const pager = new Pager();
  pager.page([contact('dm')], ['p1']);
  pager.now = 10 * S;
  pager.land('dm');
  expect(endsAt(pager.state)).toBe(10 * S + IDLE_MS);
  pager.now = 20 * S;
  pager.page([contact('sms', 0, [{ max: 9, withinSeconds: 86_400 }])], ['p2']);
  expect(endsAt(pager.state)).toBe(20 * S + 86_400 * S);
});

test('the UI and the query show what is pending', () => {
  const pager = new Pager();
  pager.page([contact('dm'), contact('sms', 60)], ['p1']);
  expect(statusOf('alice', pager.state).pending).toEqual([
    {
      key: 'p1',
      incident: 'incident/harbor/disk/1',
      title: 'Title of p1',
      contactsTried: ['dm: sending'],
      nextContactAt: 60 * S,
    },
  ]);
  expect(details('alice', pager.state)).toMatch(
    /Alice.*1 pending[^]*Title of p1.*dm: sending; next way at 1970-01-01T00:01:00/,
  );
});
