import { highestLevel } from '../systems/backupChecks.js';
import { type Level, levels, type Source } from '../systems/backupSchema.js';
import { isObject, type Part, type Parts } from '../systems/parts.js';
import type { Finding } from '../systems/problem.js';

/** Levels that runs ask for when their input names none. */
const defaults: Readonly<Record<string, Level>> = { verifyBackup: 'L5', drTest: 'L6' };

/**
 * Scheduled tests that ask more of a backup than it can show. Contents are compared by hashes that were taken with the backup, and
 * those are taken only when the policy asks for L6; what lies with a vendor has a highest level. Pure.
 */
export function backupLevelProblems({ backups, sources, schedules }: Parts): Finding[] {
  const policy = backups?.parsed;
  if (policy === undefined) return [];
  return schedules.flatMap(({ path, fields }) => {
    const tested = testOf({ path, fields });
    if (tested === undefined) return [];
    const at = [...path, 'input', 'level'];
    return sources.flatMap(({ parsed: source }) => {
      if (source === undefined || !(tested.sources?.includes(source.name) ?? true)) return [];
      const message = tooMuch(source, tested.level, source.verify ?? policy.verify);
      return message === undefined ? [] : [{ path: at, message }];
    });
  });
}

function tooMuch({ name, type }: Source, asked: unknown, recorded: Level): string | undefined {
  const highest = highestLevel(type);
  if (levels.findIndex((level) => level === asked) > levels.indexOf(highest))
    return `is ${String(asked)}, but ${highest} is the highest level of ${name} (${type}); write level: ${highest}`;
  if (asked !== 'L6' || recorded === 'L6') return undefined;
  return `is L6, which compares contents, but those of ${name} are recorded only when its \`verify\` is L6, not ${recorded}; raise that, or write level: L5`;
}

function testOf({ fields }: Part): { level: unknown; sources: unknown[] | undefined } | undefined {
  const { runbook, input } = fields;
  const fallback = typeof runbook === 'string' && Object.hasOwn(defaults, runbook) ? defaults[runbook] : undefined;
  if (fallback === undefined) return undefined;
  const { level = fallback, source, sources } = isObject(input) ? input : {};
  const named = Array.isArray(sources) ? sources : source === undefined ? undefined : [source];
  return { level, sources: named };
}
