import { basename } from 'node:path';
import { InvalidSystemError, UnknownSystemError } from '../../systems/errors.js';
import type { LoadedSystem } from '../../systems/load.js';
import type { System } from '../../systems/schema.js';
import type { InputProblem } from './invalidInput.js';

export type LoadSystem = (name: string) => LoadedSystem;

/** Part of a description that a runbook cannot do without. */
export type Need = 'kubernetes' | 'workloads' | 'prometheus' | 'alertmanager' | 'backups' | 'incidents';

const CURES: Record<Need, string> = {
  kubernetes: 'it has no `kubernetes` section: it does not run on Kubernetes, or the section has to be added',
  workloads: 'it describes no workloads; add them to its description',
  prometheus: 'it names no Prometheus; add `prometheus` to its description',
  alertmanager: 'it names no Alertmanager; add `alertmanager` to its description',
  incidents: 'it describes no incidents; add `incidents` with severities and policies to its description',
  backups: 'it describes no backups; add `backups` with a store and sources to its description',
};

/** The description that an input names, or what is wrong with the name or the description. Other errors are thrown on. */
export function lookUpSystem(name: string, load: LoadSystem): { loaded: LoadedSystem } | { problems: InputProblem[] } {
  try {
    return { loaded: load(name) };
  } catch (error) {
    if (error instanceof UnknownSystemError) {
      return { problems: [{ path: 'system', message: `there is no system "${name.slice(0, 80)}"; ${error.advice}` }] };
    }
    if (error instanceof InvalidSystemError) {
      return {
        problems: error.problems.map(({ file, line, column, path, message }) => ({
          path: 'system',
          message: `${basename(file)}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`,
        })),
      };
    }
    throw error;
  }
}

export function needsProblems(needs: readonly Need[], system: System): InputProblem[] {
  const absent = (need: Need) => (need === 'workloads' ? system.workloads.length === 0 : system[need] === undefined);
  return needs
    .filter(absent)
    .slice(0, 1)
    .map((need) => ({ path: 'system', message: `this runbook cannot work on "${system.name}": ${CURES[need]}` }));
}
