import type { ZodType } from 'zod';
import { explainIssues } from '../../systems/issues.js';
import { pathText } from '../../systems/problem.js';
import type { System } from '../../systems/schema.js';
import { suggest } from '../../systems/suggest.js';
import type { CatalogueActivities, ResolvedInput } from '../types.js';
import { openBlackouts } from './blackouts.js';
import { type InputProblem, invalidInput } from './invalidInput.js';
import { isObject, sizeProblem } from './raw.js';
import { type LoadSystem, lookUpSystem, needsProblems, type Need } from './system.js';

export type { InputProblem } from './invalidInput.js';
export type { LoadSystem, Need } from './system.js';

/** What this activity has to know of a runbook. */
export interface RunbookInput {
  /** Strict object with a field `system`; defaults are filled from it. */
  inputSchema: ZodType;
  /** Parts of a system's description without which the runbook cannot work. */
  needs?: readonly Need[];
  /** Problems that need the system's description to be seen: unknown workload, container … */
  crossCheck?(input: never, system: System): InputProblem[];
}

export interface CatalogueOptions {
  runbooks: Readonly<Record<string, RunbookInput>>;
  loadSystem: LoadSystem;
}

/**
 * Activities that read the catalogue and the system descriptions on the worker's disk. They touch nothing outside and may be
 * repeated at will.
 */
export function createCatalogueActivities({ runbooks, loadSystem }: CatalogueOptions): CatalogueActivities {
  return {
    async resolveInput({ runbook, raw }): Promise<ResolvedInput> {
      const entry = Object.hasOwn(runbooks, runbook) ? runbooks[runbook] : undefined;
      if (entry === undefined) {
        const advice = suggest(runbook, Object.keys(runbooks), 'known runbooks');
        throw invalidInput(runbook, [
          { path: '', message: `there is no runbook "${runbook.slice(0, 80)}"; ${advice}` },
        ]);
      }
      const unusable = sizeProblem(raw);
      if (unusable !== undefined) throw invalidInput(runbook, [unusable]);

      const parsed = entry.inputSchema.safeParse(raw);
      const problems: InputProblem[] = parsed.success
        ? []
        : explainIssues(entry.inputSchema, raw, parsed.error.issues).map(({ path, message }) => ({
            path: pathText(path),
            message,
          }));
      const name = isObject(raw) ? raw['system'] : undefined;
      const found = typeof name === 'string' ? lookUpSystem(name.trim(), loadSystem) : undefined;
      if (found !== undefined && 'problems' in found) problems.push(...found.problems);
      if (found !== undefined && 'loaded' in found) {
        const { system, hash } = found.loaded;
        problems.push(...needsProblems(entry.needs ?? [], system));
        if (parsed.success) problems.push(...(entry.crossCheck?.(parsed.data as never, system) ?? []));
        if (problems.length === 0 && parsed.success) return { runbook, input: parsed.data, system, systemHash: hash };
      }
      if (problems.length === 0) problems.push({ path: 'system', message: 'is missing; must name a system' });
      throw invalidInput(runbook, problems);
    },

    async openBlackouts({ blackouts, at }) {
      return openBlackouts(blackouts, at);
    },
  };
}
