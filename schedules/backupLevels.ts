import type { Level } from '../systems/backupSchema.js';
import { isObject, type Part, type Parts } from '../systems/parts.js';
import type { Finding } from '../systems/problem.js';

/** Levels that runs ask for when their input names none. */
const defaults: Readonly<Record<string, Level>> = { verifyBackup: 'L5', drTest: 'L6' };

/**
 * Scheduled tests that ask more of a backup than it can show: contents are compared by hashes that were taken with the backup, and
 * those are taken only when the policy asks for L6. Pure.
 */
export function backupLevelProblems({ backups, sources, schedules }: Parts): Finding[] {
  const policy = backups?.parsed;
  if (policy === undefined) return [];
  return schedules.flatMap(({ path, fields }) => {
    const tested = testOf({ path, fields });
    if (tested?.level !== 'L6') return [];
    const weak = sources.flatMap(({ parsed: source }) => {
      const level = source?.verify ?? policy.verify;
      const meant = source !== undefined && (tested.sources?.includes(source.name) ?? true);
      return meant && level !== 'L6' ? [`${source.name} (${level})`] : [];
    });
    if (weak.length === 0) return [];
    const message = `is L6, which compares contents, but they are recorded only where \`verify\` is L6: ${weak.join(', ')}; raise verify, or set level: L5`;
    return [{ path: [...path, 'input', 'level'], message }];
  });
}

function testOf({ fields }: Part): { level: unknown; sources: unknown[] | undefined } | undefined {
  const { runbook, input } = fields;
  const fallback = typeof runbook === 'string' && Object.hasOwn(defaults, runbook) ? defaults[runbook] : undefined;
  if (fallback === undefined) return undefined;
  const { level = fallback, source, sources } = isObject(input) ? input : {};
  const named = Array.isArray(sources) ? sources : source === undefined ? undefined : [source];
  return { level, sources: named };
}
