import { describe, expect, test } from '@jest/globals';
import { cronField, fromRanges, toRanges } from '../../schedules/ranges.js';
import { cronText } from '../../schedules/timesText.js';
import { parseCron } from '../../systems/cron.js';

describe('a cron line', () => {
  test.each([
    ['30 4 * * 1-5', '30 4 * * 1-5'],
    ['  0   0  1 jan *', '0 0 1 1 *'],
    ['*/5 * * * *', '*/5 * * * *'],
    ['0,15,30,45 6-20/2 * * mon,SUN', '*/15 6-20/2 * * 0-1'],
    ['0 3 * * 7', '0 3 * * 0'],
    ['1-3,9 0 31 * *', '1-3,9 0 31 * *'],
  ])('%s means %s', (line, text) => {
    const parsed = parseCron(line);
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(cronText(parsed)).toBe(text);
    expect(parseCron(text)).toEqual(parsed);
  });

  test.each([
    ['0 3 * *', /has 4 fields; must have five: minute, hour/],
    ['0 0 3 * * *', /has 6 fields/],
    ['@daily', /write the five fields/],
    ['61 3 * * *', /61.*0-59/],
    ['0 24 * * *', /24.*0-23/],
    ['0 3 L * *', /"L" is not understood everywhere/],
    ['0 3 15W * *', /"15W" is not understood/],
    ['H 3 * * *', /"H" is not understood/],
    ['0 3 ? * *', /"\?" is not understood/],
    ['0 3 * * 1#2', /"1#2" is not understood/],
    ['0 3 1 * 1', /either.*both/],
    ['*/0 * * * *', /is not a cron line/],
    ['30 5-2 * * *', /is not a cron line/],
    ['0 3 31 2 *', /is not a cron line/],
    ['noon', /has 1 field;/],
    ['', /has 1 field;/],
  ])('%j is refused', (line, why) => {
    const parsed = parseCron(line);
    expect('problem' in parsed ? parsed.problem : parsed).toEqual(expect.stringMatching(why));
  });

  test('names of months and weekdays are no special signs', () => {
    for (const line of ['0 3 * JUL wed', '0 3 * MAR-NOV/2 *', '0 3 * * thu-sat']) {
      expect(parseCron(line)).not.toHaveProperty('problem');
    }
  });
});

describe('ranges', () => {
  test.each([[[0]], [[1, 2]], [[0, 5, 10]], [[1, 3, 4, 5, 9]], [[58, 59]], [[0, 30]]])('%j and back', (values) => {
    expect(fromRanges(toRanges(values))).toEqual(values);
  });

  test('the server may send an end before the start, or a step of zero', () => {
    expect(fromRanges([{ start: 4, end: 0, step: 0 }])).toEqual([4]);
  });

  test('all values are a star', () => {
    expect(cronField([0, 1, 2, 3, 4, 5, 6], 0, 6)).toBe('*');
  });
});
