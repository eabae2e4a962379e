import { describe, expect, test } from '@jest/globals';
import { openBlackouts } from '../../../activities/catalogue/blackouts.js';
import { type Blackout, blackoutSchema } from '../../../systems/schema.js';

type Day = 'monday' | 'friday' | 'saturday' | 'sunday';

function weekly(days: Day[], from: string, to: string, timeZone = 'Europe/Berlin'): Blackout {
  return blackoutSchema.parse({ name: 'b', days, from, to, timeZone });
}

const office = weekly(['friday'], '09:00', '17:00');
const night = weekly(['friday'], '22:00', '06:00');
const wholeDay = weekly(['sunday'], '00:00', '00:00');
const freeze = blackoutSchema.parse({ name: 'b', start: '2026-12-20T00:00:00+01:00', end: '2027-01-02T00:00:00Z' });

// Berlin 2026: clocks go from 02:00 to 03:00 on Sunday 29 March (01:00Z), from 03:00 back to 02:00 on Sunday 25 October (01:00Z).
const skipped = weekly(['sunday'], '02:30', '04:00');
const endsInGap = weekly(['sunday'], '01:00', '02:30');
const repeated = weekly(['sunday'], '02:15', '02:45');
const acrossChange = weekly(['saturday'], '23:00', '05:00');
// Cairo 2026: Friday 24 April has no hour from 00:00 to 01:00 (the day starts at 22:00Z of the 23rd).
const cairo = weekly(['friday'], '00:00', '06:00', 'Africa/Cairo');
// Lord Howe 2026: half an hour back on Sunday 5 April, 02:00 to 01:30 (15:00Z of the 4th).
const lordHowe = weekly(['sunday'], '01:40', '01:50', 'Australia/Lord_Howe');

describe('openBlackouts', () => {
  test.each<[string, Blackout, string, boolean]>([
    ['weekly, before', office, '2026-07-03T06:59:59.999Z', false],
    ['weekly, its first instant', office, '2026-07-03T07:00:00Z', true],
    ['weekly, its last instant', office, '2026-07-03T14:59:59.999Z', true],
    ['weekly, its end', office, '2026-07-03T15:00:00Z', false],
    ['weekly, same clock an hour later in winter', office, '2026-12-04T07:30:00Z', false],
    ['weekly, another day', office, '2026-07-04T10:00:00Z', false],
    ['over midnight, evening', night, '2026-07-03T20:00:00Z', true],
    ['over midnight, next morning', night, '2026-07-04T03:59:59Z', true],
    ['over midnight, ended', night, '2026-07-04T04:00:00Z', false],
    ['over midnight, morning of its own day belongs to the day before', night, '2026-07-03T03:00:00Z', false],
    ['whole day, start by local midnight', wholeDay, '2026-07-04T22:00:00Z', true],
    ['whole day, before', wholeDay, '2026-07-04T21:59:59Z', false],
    ['whole day, last instant', wholeDay, '2026-07-05T21:59:59Z', true],
    ['whole day, end', wholeDay, '2026-07-05T22:00:00Z', false],
    ['whole day of 23 hours, end', wholeDay, '2026-03-29T22:00:00Z', false],
    ['whole day of 25 hours, last instant', wholeDay, '2026-10-25T22:59:59Z', true],
    ['once, before', freeze, '2026-12-19T22:59:59Z', false],
    ['once, first instant, by its own offset', freeze, '2026-12-19T23:00:00Z', true],
    ['once, end', freeze, '2027-01-02T00:00:00Z', false],
    ['start in the skipped hour: from the change on', skipped, '2026-03-29T01:00:00Z', true],
    ['start in the skipped hour: not before the change', skipped, '2026-03-29T00:59:59Z', false],
    ['start in the skipped hour: ends by the new clock', skipped, '2026-03-29T02:00:00Z', false],
    ['end in the skipped hour: until the change', endsInGap, '2026-03-29T00:59:59Z', true],
    ['end in the skipped hour: not after the change', endsInGap, '2026-03-29T01:00:00Z', false],
    ['repeated hour: first time', repeated, '2026-10-25T00:15:00Z', true],
    ['repeated hour: between the two', repeated, '2026-10-25T01:00:00Z', true],
    ['repeated hour: second time', repeated, '2026-10-25T01:44:59Z', true],
    ['repeated hour: over', repeated, '2026-10-25T01:45:00Z', false],
    ['over midnight and the change to summer time: ends by the clock', acrossChange, '2026-03-29T02:59:59Z', true],
    ['over midnight and the change to summer time: over', acrossChange, '2026-03-29T03:00:00Z', false],
    ['over midnight and the change back: ends by the clock', acrossChange, '2026-10-25T03:59:59Z', true],
    ['over midnight and the change back: over', acrossChange, '2026-10-25T04:00:00Z', false],
    ['a day without midnight: its first instant', cairo, '2026-04-23T22:00:00Z', true],
    ['a day without midnight: before', cairo, '2026-04-23T21:59:59Z', false],
    ['a day without midnight: end', cairo, '2026-04-24T03:00:00Z', false],
    ['a change of half an hour: first time', lordHowe, '2026-04-04T14:40:00Z', true],
    ['a change of half an hour: second time', lordHowe, '2026-04-04T15:19:59Z', true],
    ['a change of half an hour: over', lordHowe, '2026-04-04T15:20:00Z', false],
  ])('%s', (_, blackout, at, open) => {
    expect(openBlackouts([blackout], Date.parse(at))).toEqual(open ? ['b'] : []);
  });

  test('names all that are open, in their order', () => {
    const named = [
      { ...night, name: 'night' },
      { ...office, name: 'office' },
      { ...wholeDay, name: 'day' },
      { ...freeze, name: 'freeze' },
    ];
    expect(openBlackouts(named, Date.parse('2026-12-25T22:00:00Z'))).toEqual(['night', 'freeze']);
    expect(openBlackouts([], Date.now())).toEqual([]);
  });

  test('an unknown time zone is an error, not an open window', () => {
    expect(() => openBlackouts([weekly(['friday'], '09:00', '17:00', 'Mars/Olympus')], Date.now())).toThrow(
      /not a time zone/,
    );
  });
});
