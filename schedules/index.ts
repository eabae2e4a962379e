export { applySchedule, ChangedMeanwhile, pruneSchedule } from './apply.js';
export { checkSchedules } from './check.js';
export { desired, type DesiredOptions, type DesiredSchedule } from './desired.js';
export { type Change, compare, diff, type FieldChange } from './diff.js';
export { isOwn, scheduleId } from './mark.js';
export { nextTimes } from './nextTimes.js';
export { readSchedule, readSchedules } from './read.js';
export type { Times } from './times.js';
export { serverTimesText, timesText } from './timesText.js';
