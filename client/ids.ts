import { randomBytes } from 'node:crypto';

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `<runbook>/<system>/<yyyymmdd-hhmmss>-<4 random characters>`, time in UTC: sorts by time, and says what it is in every list. */
export function newWorkflowId(runbook: string, system: string, now: Date = new Date()): string {
  const day = `${now.getUTCFullYear()}${twoDigits(now.getUTCMonth() + 1)}${twoDigits(now.getUTCDate())}`;
  const time = `${twoDigits(now.getUTCHours())}${twoDigits(now.getUTCMinutes())}${twoDigits(now.getUTCSeconds())}`;
  return `${runbook}/${system}/${day}-${time}-${randomBytes(2).toString('hex')}`;
}
