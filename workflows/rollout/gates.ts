import type { Measurement } from '../../activities/types.js';
import type { MetricGate } from '../../systems/schema.js';

/** Count of a gate's measurements so far. Plain data. */
export interface GateTally {
  passed: number;
  failed: number;
  noVerdict: number;
  errorsInRow: number;
  /** The last measurement in words. */
  last: string;
}

/** Pass, fail, error and no verdict are four different things, each with its own consequence. */
export type GateVerdict = 'running' | 'passed' | 'failed' | 'noVerdict' | 'error';

export const emptyTally: GateTally = { passed: 0, failed: 0, noVerdict: 0, errorsInRow: 0, last: 'not measured yet' };

const bounds = (gate: MetricGate) =>
  [gate.min === undefined ? '' : `at least ${gate.min}`, gate.max === undefined ? '' : `at most ${gate.max}`]
    .filter(Boolean)
    .join(' and ');

/** Adds one measurement. An error does not count as taken; anything else ends a row of errors. */
export function tally(gate: MetricGate, sum: GateTally, measured: Measurement): GateTally {
  switch (measured.kind) {
    case 'error':
      return { ...sum, errorsInRow: sum.errorsInRow + 1, last: `could not be measured: ${measured.detail}` };
    case 'noVerdict':
      return {
        ...sum,
        errorsInRow: 0,
        noVerdict: sum.noVerdict + 1,
        last: `no verdict (${measured.why}): ${measured.detail}`,
      };
    case 'value': {
      const { value } = measured;
      const good = (gate.max === undefined || value <= gate.max) && (gate.min === undefined || value >= gate.min);
      const last = `${value} where ${bounds(gate)} is asked`;
      return good
        ? { ...sum, errorsInRow: 0, passed: sum.passed + 1, last }
        : { ...sum, errorsInRow: 0, failed: sum.failed + 1, last };
    }
  }
}

/**
 * What a gate says after the measurements so far; `enough` when no more are due. Limits are exceeded, not reached, as in
 * Argo Rollouts' analysis. A gate that never measured anything good is no pass.
 */
export function gateVerdict(gate: MetricGate, sum: GateTally, enough: boolean): GateVerdict {
  if (sum.failed > gate.failureLimit) return 'failed';
  if (sum.errorsInRow > gate.errorLimit) return 'error';
  if (sum.noVerdict > gate.noVerdictLimit) return 'noVerdict';
  if (!enough) return 'running';
  return sum.passed > 0 ? 'passed' : 'noVerdict';
}

/** Measurements that count towards the gate's `count`. */
export const taken = (sum: GateTally): number => sum.passed + sum.failed + sum.noVerdict;

const escape = (name: string) => name.replaceAll('.', '\\\\.');

/** Fills the variables of a PromQL query. `{{newPods}}` becomes a regular expression of exactly these pods. */
export function fillQuery(
  query: string,
  values: { namespace: string; workload: string; newPods: string[]; windowSeconds: number },
): string {
  return query
    .replaceAll('{{namespace}}', values.namespace)
    .replaceAll('{{workload}}', values.workload)
    .replaceAll('{{newPods}}', values.newPods.map(escape).join('|') || 'none')
    .replaceAll('{{window}}', `${values.windowSeconds}s`);
}
