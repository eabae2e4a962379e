import type { Part } from './parts.js';
import type { Finding, Path } from './problem.js';
import { everySeconds, type Schedule } from './scheduleSchema.js';
import { zoneProblems } from './timing.js';

/** More often than this is a monitor's business, not a runbook's. */
const SHORTEST_SECONDS = 30;
const LONGEST_SECONDS = 366 * 86_400;

/** What is wrong between the fields of a schedule whatever the year. What depends on the coming years is in `schedules/`. */
export function scheduleProblems({ path, fields, parsed }: Part<Schedule>): Finding[] {
  const given = ['cron', 'calendar', 'every'].filter((name) => fields[name] !== undefined);
  if (given.length === 0)
    return [{ path: [...path, 'cron'], message: 'is missing; write `cron`, `calendar` or `every`' }];
  if (given.length > 1)
    return [{ path: [...path, given[1] ?? ''], message: `stands beside \`${given[0]}\`; write only one of them` }];
  return given[0] === 'every' ? everyProblems(path, fields, parsed) : clockProblems(path, fields);
}

function clockProblems(path: Path, { timeZone, offsetSeconds }: Part['fields']): Finding[] {
  const findings: Finding[] = [];
  if (timeZone === undefined)
    findings.push({ path: [...path, 'timeZone'], message: 'is missing; write e.g. Europe/Berlin or UTC' });
  else if (typeof timeZone === 'string' && timeZone !== '')
    findings.push(...zoneProblems([...path, 'timeZone'], timeZone));
  if (offsetSeconds !== undefined)
    findings.push({ path: [...path, 'offsetSeconds'], message: 'belongs to `every`; move the time itself instead' });
  return findings;
}

function everyProblems(path: Path, fields: Part['fields'], parsed: Schedule | undefined): Finding[] {
  const findings: Finding[] = [];
  if (fields['timeZone'] !== undefined)
    findings.push({ path: [...path, 'timeZone'], message: '`every` knows no time zone; remove this, or use `cron`' });
  if (parsed?.every === undefined) return findings;
  const seconds = everySeconds(parsed.every);
  if (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS)
    findings.push({ path: [...path, 'every'], message: `is ${parsed.every}; must be ${SHORTEST_SECONDS}s to 366d` });
  if ((parsed.offsetSeconds ?? 0) >= seconds)
    findings.push({ path: [...path, 'offsetSeconds'], message: `must be less than \`every\` (${seconds} s)` });
  return findings;
}
