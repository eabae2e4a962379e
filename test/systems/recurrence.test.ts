import { describe, expect, test } from '@jest/globals';
import { recurrenceProblem } from '../../systems/recurrence.js';

const problem = (rule: string) => recurrenceProblem(rule, '2026-01-05');

describe('rules of holidays', () => {
  test.each([
    'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25,26',
    'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU',
    'FREQ=DAILY;UNTIL=20260110',
  ])('%s is right', (rule) => {
    expect(problem(rule)).toBeUndefined();
  });

  test.each<[string, RegExp]>([
    ['Christmas', /is not a rule of RFC 5545/],
    ['RRULE:FREQ=YEARLY', /is not a rule of RFC 5545/],
    ['FREQ=YEARLY\nRRULE:FREQ=DAILY', /is not a rule of RFC 5545/],
    ['BYMONTH=12', /must have FREQ=YEARLY, MONTHLY, WEEKLY or DAILY/],
    ['FREQ=HOURLY', /must have FREQ=/],
    ['FREQ=YEARLY;DTSTART=20260101', /has DTSTART, which is not for days/],
    ['FREQ=YEARLY;BYHOUR=9', /has BYHOUR, which is not for days/],
    ['FREQ=YEARLY;INTERVAL=0', /has INTERVAL=0; must be 1 to 1000, not 0/],
    ['FREQ=YEARLY;BYMONTH=13', /has BYMONTH=13; must be 1 to 12/],
    ['FREQ=YEARLY;BYMONTHDAY=32', /has BYMONTHDAY=32; must be -31 to 31/],
    ['FREQ=YEARLY;BYDAY=XX', /has BYDAY with something else/],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', /never comes: no day of the 9 years after 2026-01-05/],
    // The library would look through eight thousand years for this one.
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', /never comes/],
    ['FREQ=YEARLY;UNTIL=20200101', /never comes/],
    ['FREQ=YEARLY;UNTIL=soon', /is not a rule of RFC 5545/],
    [`FREQ=YEARLY;BYMONTHDAY=${'1,'.repeat(200)}1`, /must be at most 300/],
  ])('%s is refused', (rule, why) => {
    expect(problem(rule)).toMatch(why);
  });
});
