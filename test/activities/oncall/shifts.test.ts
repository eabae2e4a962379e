import { expect, test } from '@jest/globals';
import type { LocalRota, Override } from '../../../activities/oncall/rota.js';
import { shiftsBetween } from '../../../activities/oncall/shifts.js';
import { daily, rota } from './rotas.js';

function table(one: LocalRota, from: string, to: string, overrides: Override[] = []): string[] {
  const iso = (at: number) => new Date(at).toISOString().slice(0, 16);
  return shiftsBetween(one, Date.parse(from), Date.parse(to), overrides).map(
    (shift) => `${iso(shift.from)} ${iso(shift.to)} ${shift.people.map(({ person }) => person).join('+') || 'nobody'}`,
  );
}

test('shifts follow each other without a gap, and overlap where clocks are set back', () => {
  expect(table(daily('Europe/Berlin', '2026-10-20', '02:30'), '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
    '2026-10-24T12:00 2026-10-25T00:30 alice',
    '2026-10-25T00:30 2026-10-25T01:30 alice+bob',
    '2026-10-25T01:30 2026-10-26T01:30 bob',
    '2026-10-26T01:30 2026-10-26T12:00 alice',
  ]);
});

test('hours, holidays and overrides cut shifts', () => {
  const one = rota({
    hours: { days: ['monday', 'tuesday'], from: '09:00', to: '17:00' },
    holidays: [{ name: 'Party', date: '2026-01-13', person: 'carol' }],
  });
  const swap = { person: 'alice', from: '2026-01-12T10:00:00Z', to: '2026-01-12T18:00:00Z', reason: 'swap' };
  expect(table(one, '2026-01-12T00:00:00Z', '2026-01-14T00:00:00Z', [swap])).toEqual([
    '2026-01-12T00:00 2026-01-12T08:00 nobody',
    '2026-01-12T08:00 2026-01-12T10:00 bob',
    '2026-01-12T10:00 2026-01-12T18:00 alice',
    '2026-01-12T18:00 2026-01-13T08:00 nobody',
    '2026-01-13T08:00 2026-01-13T16:00 carol',
    '2026-01-13T16:00 2026-01-14T00:00 nobody',
  ]);
});
