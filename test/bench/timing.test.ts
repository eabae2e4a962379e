import { describe, expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { eventMs, readRun, type ActivityRecord, type RunRecord } from '../../bench/kit/history.js';
import { rolloutTiming } from '../../bench/rollout/timing.js';
import { readHistories } from '../replay/historyFile.js';

function recorded(name: string): RunRecord {
  const file = readHistories().find((one) => one.name === name);
  if (!file) throw new Error(`no history ${name}`);
  return readRun(historyFromJSON(file.history));
}

describe('a recorded history', () => {
  test('gives the activities in order, with results and times that do not run backwards', () => {
    const { activities, startedAt, closedAt } = recorded('update-rolled-back');
    const names = activities.map(({ name }) => name);
    expect(names.indexOf('saveState')).toBeLessThan(names.indexOf('setImage'));
    expect(names.indexOf('setImage')).toBeLessThan(names.indexOf('restoreState'));
    const write = activities.find(({ name }) => name === 'setImage');
    expect(write).toMatchObject({ attempt: 1, result: { changed: true } });
    for (const one of activities) {
      const times = [startedAt, one.scheduledAt, one.startedAt, one.endedAt, closedAt].filter((at) => at !== undefined);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  test('a succeeded update has no times of a rollback', () => {
    expect(() => rolloutTiming(recorded('update-succeeded'))).toThrow('no template was put back');
  });

  test('a dry run has set no image', () => {
    expect(() => rolloutTiming(recorded('update-dry-run'))).toThrow('no image was set');
  });
});

test('the time of every event is that of its text, to the millisecond', () => {
  const [file] = readHistories();
  const texts = file?.history.events.map((event) => Date.parse(String(event['eventTime']))) ?? [];
  const times = historyFromJSON(file?.history).events?.map((event) => Math.floor(eventMs(event)));
  expect(texts.length).toBeGreaterThan(2);
  expect(times).toEqual(texts);
});

/** An activity from its start to its end; scheduled 5 ms before. */
const activity = (name: string, startedAt: number, endedAt: number, result: unknown): ActivityRecord => ({
  ...{ name, scheduledAt: startedAt - 5, startedAt, endedAt, attempt: 1, result },
});
const run = (...activities: ActivityRecord[]): RunRecord => ({ startedAt: 0, closedAt: 99_999, activities });

const write = activity('setImage', 1_000, 1_050, { changed: true });
const complete = { outcome: 'complete', summary: 'complete' };
const crash = activity('watchRollout', 1_100, 9_000, { outcome: 'failed', summary: 'app crashed' });
const restore = activity('restoreState', 9_200, 9_250, { changed: true });
const back = activity('watchRollout', 9_300, 11_000, complete);
const healthy = activity('runHttpCheck', 11_100, 13_000, { passed: true, summary: 'ok' });

describe('times of a rollback', () => {
  test('count from the start of the write to ends of activities', () => {
    expect(rolloutTiming(run(write, crash, restore, back, healthy))).toEqual({
      ...{ detectMs: 8_000, revertMs: 250, backMs: 12_000 },
      verdict: 'app crashed',
    });
  });

  test('a failed health check after a complete rollout is the verdict', () => {
    const good = activity('watchRollout', 1_100, 3_000, complete);
    const bad = activity('runHttpCheck', 3_100, 8_900, { passed: false, summary: '500 instead of 200' });
    const timing = rolloutTiming(run(write, good, bad, restore, back, healthy));
    expect(timing).toMatchObject({ detectMs: 7_900, revertMs: 350, verdict: '500 instead of 200' });
  });

  test('what was measured before the write is no verdict', () => {
    const early = activity('runHttpCheck', 100, 900, { passed: false, summary: 'was down before' });
    expect(rolloutTiming(run(early, write, crash, restore, back)).verdict).toBe('app crashed');
  });

  test('a rollback that was not watched, or failed its check, has no time', () => {
    const sick = activity('runHttpCheck', 11_100, 13_000, { passed: false, summary: 'still down' });
    expect(() => rolloutTiming(run(write, crash, restore))).toThrow('not verified');
    expect(() => rolloutTiming(run(write, crash, restore, back, sick))).toThrow('not verified');
  });

  test('an abort has no verdict', () => {
    const good = activity('watchRollout', 1_100, 3_000, complete);
    expect(() => rolloutTiming(run(write, good, restore, back))).toThrow('no verdict');
  });
});
