import { describe, expect, test } from '@jest/globals';
import type { Measurement } from '../../activities/types.js';
import { metricGateSchema } from '../../systems/schema.js';
import { emptyTally, fillQuery, gateVerdict, tally } from '../../workflows/rollout/gates.js';

const value = (number: number): Measurement => ({ kind: 'value', value: number });
const silent: Measurement = { kind: 'noVerdict', why: 'empty', detail: 'no series' };
const down: Measurement = { kind: 'error', detail: 'connection refused' };
const gate = (more = {}) =>
  metricGateSchema.parse({ name: 'errors', query: 'q', max: 0.01, noVerdictLimit: 1, errorLimit: 2, ...more });
const judge = (measured: Measurement[], more = {}, enough = true) => {
  const one = gate(more);
  return gateVerdict(
    one,
    measured.reduce((sum, each) => tally(one, sum, each), emptyTally),
    enough,
  );
};

describe('a gate', () => {
  test.each([
    ['passes on good values', [value(0), value(0.01)], {}, true, 'passed'],
    ['is still running before enough', [value(0)], {}, false, 'running'],
    ['fails on the first bad value by default', [value(0.02)], {}, false, 'failed'],
    ['tolerates as many bad values as its limit', [value(0.02), value(0)], { failureLimit: 1 }, true, 'passed'],
    ['fails beyond its limit', [value(0.02), value(0.02)], { failureLimit: 1 }, false, 'failed'],
    ['tolerates missing verdicts within the limit', [silent, value(0)], {}, true, 'passed'],
    ['gives no verdict beyond the limit', [silent, silent], {}, false, 'noVerdict'],
    ['never passes when nothing was measured', [silent], {}, true, 'noVerdict'],
    ['errors in a row end it', [down, down, down], {}, false, 'error'],
    ['an answer ends the row of errors', [down, down, value(0), down, down], {}, true, 'passed'],
    ['asks for a minimum too', [value(5)], { max: undefined, min: 10 }, false, 'failed'],
  ] as const)('%s', (_name, measured, more, enough, verdict) => {
    expect(judge([...measured], more, enough)).toBe(verdict);
  });
});

test('queries are filled with exactly the new pods and the window', () => {
  const query = 'sum(rate(x{namespace="{{namespace}}",pod=~"{{newPods}}",app="{{workload}}"}[{{window}}]))';
  const filled = fillQuery(query, { namespace: 'n', workload: 'w', newPods: ['w-1', 'w.2'], windowSeconds: 30 });
  expect(filled).toBe('sum(rate(x{namespace="n",pod=~"w-1|w\\\\.2",app="w"}[30s]))');
  expect(fillQuery('{pod=~"{{newPods}}"}', { namespace: 'n', workload: 'w', newPods: [], windowSeconds: 1 })).toBe(
    '{pod=~"none"}',
  );
});
