import { expect, test } from '@jest/globals';
import { shiftChanges } from '../../../client/oncall/changes.js';
import { instantOf } from '../../../client/oncall/described.js';
import { rota } from '../../activities/oncall/rotas.js';

const iso = (at: number) => new Date(at).toISOString().slice(0, 16);

function changes(from: string, to: string, person: string, handoff = { every: 'day', at: '09:00' }): string[] {
  const span = { from: Date.parse(from), to: Date.parse(to) };
  const override = { person, from, to, reason: 'swap' };
  return shiftChanges(rota({ handoff }), span, [], [override]).map(
    (one) => `${one.person} ${one.does} ${iso(one.from)} ${iso(one.to)}`,
  );
}

test('who gets and who loses which time; whoever keeps theirs is not named', () => {
  // Since 5 January: alice, bob, carol, day by day at 08:00 UTC.
  expect(changes('2026-01-05T12:00:00Z', '2026-01-07T12:00:00Z', 'bob')).toEqual([
    'bob gets 2026-01-05T12:00 2026-01-06T08:00',
    'bob gets 2026-01-07T08:00 2026-01-07T12:00',
    'alice loses 2026-01-05T12:00 2026-01-06T08:00',
    'carol loses 2026-01-07T08:00 2026-01-07T12:00',
  ]);
});

test('time that follows on is one span', () => {
  expect(changes('2026-01-05T12:00:00Z', '2026-01-07T07:00:00Z', 'carol')).toEqual([
    'carol gets 2026-01-05T12:00 2026-01-07T07:00',
    'alice loses 2026-01-05T12:00 2026-01-06T08:00',
    'bob loses 2026-01-06T08:00 2026-01-07T07:00',
  ]);
});

test.each([
  ['2030-07-01T18:00', '2030-07-01T16:00'],
  ['2030-07-01', '2030-06-30T22:00'],
  ['2030-07-01T18:00Z', '2030-07-01T18:00'],
  ['2030-07-01T18:00-04:00', '2030-07-01T22:00'],
])('%s in Berlin is %s', (text, expected) => {
  expect(iso(instantOf(text, 'Europe/Berlin', '--from'))).toBe(expected);
});

test('what is no time is told with the name of the flag', () => {
  expect(() => instantOf('tomorrow', 'Europe/Berlin', '--to')).toThrow(/--to "tomorrow" is no date and time/);
});
