import { bounded } from '../secrets/index.js';
import { isError } from './classify.js';
import { bound } from './compare.js';
import { rank } from './fold.js';
import type { Level, LevelResult, Verification } from './types.js';

/** What the check of one level found. */
export interface Finding {
  /** Empty when the level is passed. */
  problems: string[];
  /** One sentence on what was looked at. */
  summary: string;
}

/** One rung: what must hold for the level. A damaged backup is a finding or thrown as `Damaged` or `RestoreError`. */
export interface Rung {
  level: Level;
  check: () => Promise<Finding>;
}

/**
 * Climbs from rung to rung up to the level that was asked for, and no further than the first that fails. `ground` is the level that
 * needs no check. Errors of the surroundings are thrown: then nothing can be said of the backup.
 */
export async function climb(
  asked: Level,
  ground: Level,
  rungs: readonly Rung[],
): Promise<Omit<Verification, 'timings'>> {
  const levels: LevelResult[] = [];
  let differences: string[] = [];
  let reached = ground;
  for (const { level, check } of rungs) {
    if (rank(level) > rank(asked)) break;
    const start = performance.now();
    const { problems, summary } = await findingOf(check);
    const passed = problems.length === 0;
    const tookMs = Math.round(performance.now() - start);
    levels.push({ level, passed, summary: bounded(passed ? summary : (problems[0] ?? summary)), tookMs });
    if (!passed) {
      differences = bound(problems);
      break;
    }
    reached = level;
  }
  return { asked, reached, passed: rank(reached) >= rank(asked), levels, differences };
}

async function findingOf(check: Rung['check']): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    if (!isError(error, 'Damaged', 'RestoreError') || !(error instanceof Error)) throw error;
    return { problems: [error.message], summary: error.message };
  }
}

/** Milliseconds of the parts of a verification, by name. */
export function stopwatch(): {
  timings: Record<string, number>;
  timed: <T>(name: string, work: () => Promise<T>) => Promise<T>;
} {
  const timings: Record<string, number> = {};
  return {
    timings,
    async timed(name, work) {
      const start = performance.now();
      try {
        return await work();
      } finally {
        timings[name] = (timings[name] ?? 0) + Math.round(performance.now() - start);
      }
    },
  };
}
