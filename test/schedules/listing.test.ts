import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ScheduleDescription } from '@temporalio/client';
import { listText, scheduleRow } from '../../client/cli/commands/schedules/listing.js';
import { projectRoot } from '../../sandbox/kit/paths.js';
import { checkSchedules, compare } from '../../schedules/index.js';
import { checkSystemFile } from '../../systems/check.js';
import { catalogue } from '../../workflows/catalogue.js';
import { folderWith, SAMPLE } from '../systems/describeFile.js';
import { NIGHTLY, wanted } from './support.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');

function onServer(state: { paused: boolean; note?: string }, missed: number): ScheduleDescription {
  const info = {
    recentActions: [],
    nextActionTimes: [new Date('2026-06-01T02:30:00Z')],
    numActionsTaken: 7,
    numActionsMissedCatchupWindow: missed,
    numActionsSkippedOverlap: 2,
    runningActions: [],
  };
  const spec = { calendars: [], intervals: [{ every: 3_600_000, offset: 0 }] };
  const action = { workflowType: 'rollingUpdate' };
  return { scheduleId: 'belay/shop/nightly', spec, action, state, info } as unknown as ScheduleDescription;
}

describe('the list', () => {
  const [want] = wanted('shop', [NIGHTLY]);
  if (want === undefined) throw new Error('no schedule');
  const unchanged = { kind: 'unchanged', scheduleId: want.scheduleId, want } as const;

  test('warns of starts that were missed or skipped', () => {
    const row = scheduleRow(unchanged, onServer({ paused: false }, 3), NOW);
    expect(row).toMatchObject({ state: 'active', missed: 3, skipped: 2, started: 7 });
    expect(row.warnings).toEqual([
      expect.stringContaining('3 start(s) missed for good: Temporal was away for longer than the catch-up window'),
      expect.stringContaining('2 start(s) skipped'),
    ]);
    expect(listText([row])).toContain('active; 7 started, 3 missed, 2 skipped');
  });

  test('a pause comes with its note and the command that ends it; one from the description with its reason', () => {
    const paused = onServer({ paused: true, note: 'Bob' }, 0);
    expect(scheduleRow(unchanged, paused, NOW).warnings[0]).toMatch(
      /is paused \(Bob\): temporal schedule toggle --unpause/,
    );
    const off = { ...unchanged, want: { ...want, enabled: false } };
    expect(scheduleRow(off, paused, NOW).warnings[0]).toBe('is off in its description (enabled: false)');
  });

  test('what is not applied yet shows when it would run', () => {
    const row = scheduleRow(compare(want, undefined), undefined, NOW);
    expect(row).toMatchObject({ state: 'not applied', pending: 'create' });
    expect(row.next).toEqual([
      { local: '2026-06-01T04:30:00+02:00', timeZone: 'Europe/Berlin', utc: '2026-06-01T02:30:00Z' },
      { local: '2026-06-02T04:30:00+02:00', timeZone: 'Europe/Berlin', utc: '2026-06-02T02:30:00Z' },
      { local: '2026-06-03T04:30:00+02:00', timeZone: 'Europe/Berlin', utc: '2026-06-03T02:30:00Z' },
    ]);
  });
});

test('the example of the manual is right', () => {
  const page = readFileSync(join(projectRoot(), 'docs', 'schedules.md'), 'utf8');
  const [, example = ''] = /```yaml\n# systems\/shop\.yaml\n([\s\S]*?)```/.exec(page) ?? [];
  expect(example).toContain('rollingUpdate');
  const file = join(folderWith({ 'shop.yaml': SAMPLE + example }), 'shop.yaml');
  expect(checkSystemFile(file, checkSchedules(catalogue, NOW))).toEqual([]);
});
