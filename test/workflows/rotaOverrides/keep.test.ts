import { describe, expect, test } from '@jest/globals';
import {
  dropOld,
  emptyKeeper,
  KEEP_MS,
  MOST,
  nextAt,
  refuseCancel,
  refuseOverride,
  takeCancel,
  takeOverride,
} from '../../../workflows/rotaOverrides/keep.js';
import type { OverrideInput } from '../../../workflows/rotaOverrides/messages.js';

const NOW = Date.parse('2030-05-01T12:00:00Z');
const swap: OverrideInput = {
  actor: 'alice',
  person: 'bob',
  from: '2030-05-02T18:00:00+02:00',
  to: '2030-05-03T09:00:00+02:00',
  reason: 'Concert',
};

describe('an override', () => {
  test.each([
    ['is taken', {}, /^taken$/],
    ['may have begun', { from: '2030-05-01T11:00:00Z', to: '2030-05-01T13:00:00Z' }, /^taken$/],
    ['needs an actor', { actor: ' ' }, /"actor" is missing/],
    ['needs a reason', { reason: '' }, /"reason" is missing/],
    ['needs a short reason', { reason: 'x'.repeat(201) }, /"reason" is missing/],
    ['needs a person', { person: 'Bob Smith' }, /"person" must be the id/],
    ['needs an offset', { from: '2030-05-02T18:00:00' }, /with an offset/],
    ['needs a date that exists', { to: '2030-13-03T09:00:00Z' }, /with an offset/],
    ['ends after it begins', { to: swap.from }, /is not after "from"/],
    ['must not be over', { from: '2030-04-01T00:00:00Z', to: '2030-05-01T12:00:00Z' }, /is over already/],
    ['does not last for ever', { to: '2031-05-03T09:00:00Z' }, /at most 92 days/],
    ['has a request id that is text', { requestId: 7 }, /"requestId" must be text/],
  ])('%s', (_, more, why) => {
    const refused = refuseOverride(emptyKeeper(NOW), { ...swap, ...more }, NOW);
    expect(refused ?? 'taken').toMatch(why);
  });

  test.each([undefined, null, 'text', 7, []])('%j is no payload', (payload) => {
    expect(refuseOverride(emptyKeeper(NOW), payload, NOW)).toMatch(/"actor" is missing/);
    expect(refuseCancel(emptyKeeper(NOW), payload, NOW)).toMatch(/"actor" is missing/);
  });

  test('is one of a hundred at most; those that are over do not count', () => {
    const state = emptyKeeper(NOW);
    for (let n = 0; n < MOST; n++) takeOverride(state, swap, NOW);
    expect(refuseOverride(state, swap, NOW)).toMatch(/there are 100 overrides/);
    expect(
      refuseOverride(state, { ...swap, to: '2030-06-01T00:00:00Z' }, Date.parse('2030-05-04T00:00:00Z')),
    ).toBeUndefined();
  });

  test('asked for twice with one request id is one', () => {
    const state = emptyKeeper(NOW);
    const first = takeOverride(state, { ...swap, requestId: 'r1' }, NOW);
    expect(
      refuseOverride(state, { ...swap, requestId: 'r1', from: '2030-05-01T00:00:00Z' }, NOW + KEEP_MS),
    ).toBeUndefined();
    expect(takeOverride(state, { ...swap, requestId: 'r1' }, NOW)).toEqual(first);
    expect(state.overrides).toEqual([
      {
        id: 'o1',
        person: 'bob',
        from: swap.from,
        to: swap.to,
        reason: 'Concert',
        by: 'alice',
        at: '2030-05-01T12:00:00.000Z',
      },
    ]);
  });
});

describe('a cancellation', () => {
  const cancel = { actor: 'alice', reason: 'rain', id: 'o1' };

  test('takes the override away; asked for twice with one request id the answer is the same', () => {
    const state = emptyKeeper(NOW);
    takeOverride(state, swap, NOW);
    const asked = { ...cancel, requestId: 'c1' };
    expect(refuseCancel(state, asked, NOW)).toBeUndefined();
    const answer = takeCancel(state, asked, NOW);
    expect(answer).toMatchObject({ accepted: true, override: { id: 'o1' } });
    expect(state.overrides).toEqual([]);
    expect(refuseCancel(state, asked, NOW)).toBeUndefined();
    expect(takeCancel(state, asked, NOW)).toEqual(answer);
    expect(refuseCancel(state, cancel, NOW)).toMatch(/there is none/);
  });

  test('of one that is over is refused, and those that are not are named', () => {
    const state = emptyKeeper(NOW);
    takeOverride(state, swap, NOW);
    takeOverride(state, { ...swap, to: '2030-05-10T00:00:00Z' }, NOW);
    expect(refuseCancel(state, cancel, Date.parse('2030-05-04T00:00:00Z'))).toBe(
      '"id" must be an override that is not over: o2',
    );
  });
});

test('what is over for a day is forgotten, and the keeper ends when it has kept nothing for a day', () => {
  const state = emptyKeeper(NOW);
  expect(nextAt(state)).toBe(NOW + KEEP_MS);
  takeOverride(state, swap, NOW);
  const gone = Date.parse(swap.to) + KEEP_MS;
  expect(nextAt(state)).toBe(gone);
  expect(dropOld(state, gone - 1)).toBe(false);
  expect(dropOld(state, gone)).toBe(true);
  expect(state.overrides).toEqual([]);
});
