import { IANAZone } from 'luxon';
import type { FurtherCheck } from '../systems/examine.js';
import { type Part, partsOf } from '../systems/parts.js';
import type { Finding, Path } from '../systems/problem.js';
import { systemSchema } from '../systems/schema.js';
import { type Schedule, whenSchema } from '../systems/scheduleSchema.js';
import type { Runbook } from '../workflows/kit/runbook.js';
import { backupAgeProblems } from './backupAge.js';
import { drillKeyProblems } from './backupDrills.js';
import { backupLevelProblems } from './backupLevels.js';
import { inputProblems } from './inputProblems.js';
import { nextTimes, shortestGapSeconds } from './nextTimes.js';
import { timesOf } from './times.js';
import { unsafeTime } from './unsafeTimes.js';

/**
 * The checks of `schedules:` that need the catalogue or today's date, for `checkSystemFile` and `loadSystem`. Not part of every load: a run of
 * another runbook must not fail because a government moves its clocks. `now` in ms since the epoch.
 */
export function checkSchedules(runbooks: Readonly<Record<string, Runbook>>, now: number): FurtherCheck {
  return (merged) => {
    const parts = partsOf(merged);
    const { root, schedules } = parts;
    // Without its schedules: their mistakes must not hide what a runbook has against its input.
    const system = systemSchema.safeParse({ ...root, schedules: [] }).data;
    const name = typeof root['name'] === 'string' ? root['name'] : 'x';
    return [
      ...schedules.flatMap((part) => [...inputProblems(part, name, system, runbooks), ...timeProblems(part, now)]),
      ...backupAgeProblems(parts, now),
      ...backupLevelProblems(parts),
      ...drillKeyProblems(parts),
    ];
  };
}

function timeProblems({ path, fields, parsed: schedule }: Part<Schedule>, now: number): Finding[] {
  const when = whenSchema.safeParse(fields).data;
  const times = when && timesOf(when);
  if (times === undefined) return [];
  if (times.kind === 'every') return schedule ? gapProblems(path, schedule, times.seconds) : [];
  // Said by the description's own checks.
  if (!IANAZone.isValidZone(times.timeZone)) return [];
  const field = fields['cron'] === undefined ? 'calendar' : 'cron';
  if (nextTimes(times, now, 1).length === 0)
    return [{ path: [...path, field], message: 'never comes: no date of the next nine years matches' }];
  const unsafe = unsafeTime(times.calendar, times.timeZone, now);
  return [
    ...(unsafe === undefined ? [] : [{ path: [...path, field], message: unsafe }]),
    ...(schedule ? gapProblems(path, schedule, shortestGapSeconds(times, now)) : []),
  ];
}

function gapProblems(path: Path, schedule: Schedule, gap: number): Finding[] {
  const { jitterSeconds, overlap, catchupWindowSeconds } = schedule;
  const findings: Finding[] = [];
  if (jitterSeconds >= gap) {
    findings.push({ path: [...path, 'jitterSeconds'], message: `must be less than the ${gap} s between two starts` });
  }
  if ((overlap === 'bufferAll' || overlap === 'allowAll') && catchupWindowSeconds > gap) {
    const message = `with overlap ${overlap} every start missed in this time would be made up for at once; set at most ${gap}, or overlap skip`;
    findings.push({ path: [...path, 'catchupWindowSeconds'], message });
  }
  return findings;
}
