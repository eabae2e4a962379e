import { describe, expect, test } from '@jest/globals';
import { createColors } from 'picocolors';
import { duration } from '../../client/cli/watch/format.js';
import { changes } from '../../client/cli/watch/lines.js';
import { renderTree } from '../../client/cli/watch/tree.js';
import type { Snapshot } from '../../client/follow.js';
import type { RunStatus } from '../../workflows/kit/types.js';

const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, seconds)).toISOString();
const now = Date.parse(at(60));

const status: RunStatus = {
  runbook: 'rollingUpdate',
  workflowId: 'rollingUpdate/canvas/1',
  requestedBy: 'alice',
  reason: 'release',
  dryRun: false,
  phase: 'running',
  headline: 'Updates web',
  steps: [
    { id: 1, name: 'Update web', outcome: 'running', startedAt: at(10) },
    { id: 3, name: 'Verify', outcome: 'running', startedAt: at(50) },
    {
      id: 2,
      parent: 1,
      name: 'Watch the rollout',
      outcome: 'done',
      startedAt: at(10),
      endedAt: at(22),
      detail: '2/2',
    },
  ],
  decisions: [],
  locks: [],
};
const snapshot = (more: Partial<RunStatus> = {}, rest: Partial<Snapshot> = {}): Snapshot => ({
  workflowId: status.workflowId,
  runId: 'run',
  activities: [],
  status: { ...status, ...more },
  ...rest,
});
const view = { now, frame: 0, width: 100, height: 30, colors: createColors(false) };
const hold = {
  name: 'rollbackFailed',
  question: 'The old pods do not come up. What now?',
  options: { retryRollback: 'Try again.', accept: 'Leave it.' },
  state: { web: 'old template, 0/2 ready' },
  since: at(55),
};

describe('the live tree', () => {
  test('nests steps below the step that they are part of, with durations', () => {
    const lines = renderTree(snapshot(), view).split('\n');
    expect(lines.slice(2)).toEqual(['⠋ Update web 50.0 s', '  ✔ Watch the rollout 12.0 s  2/2', '⠋ Verify 10.0 s']);
  });

  test('says what is asked in a hold, with the commands that answer', () => {
    const text = renderTree(snapshot({ phase: 'held', hold }), view);
    expect(text).toContain(hold.question);
    expect(text).toContain('web: old template, 0/2 ready');
    expect(text).toContain('belay retry-rollback rollingUpdate/canvas/1 --reason');
  });

  test('names an activity that is tried again, with the reason, and what it reports', () => {
    const failing = { name: 'setImage', attempt: 3, lastFailure: 'API server is away' };
    const watching = { name: 'watchRollout', attempt: 1, progress: '1/2 updated' };
    const text = renderTree(snapshot({}, { activities: [failing, watching] }), view);
    expect(text).toContain('setImage try 3 API server is away');
    expect(text).toContain('watchRollout 1/2 updated');
  });

  test('drops the oldest steps when the terminal is too low, and never a line too wide', () => {
    const steps = Array.from({ length: 50 }, (_, i) => ({
      ...{ id: i, name: `Step ${i}`, outcome: 'done' as const, startedAt: at(0), endedAt: at(1) },
      detail: 'x'.repeat(500),
    }));
    const lines = renderTree(snapshot({ steps }), { ...view, height: 12, width: 60 }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.at(-1)).toContain('Step 49');
    expect(lines.slice(2).every((line) => line.length <= 60)).toBe(true);
  });
});

describe('the plain lines', () => {
  test('the first look tells all, the same look nothing', () => {
    const first = changes(undefined, snapshot(), now);
    expect(first).toEqual(['  ✔ Watch the rollout (12.0 s): 2/2', '[running] Updates web', '▶ Update web', '▶ Verify']);
    expect(changes(snapshot(), snapshot(), now)).toEqual([]);
  });

  test('one line per change: a step that ended, a decision, a hold with its options', () => {
    const steps = status.steps.map((step) =>
      step.id === 3 ? { ...step, outcome: 'failed' as const, endedAt: at(51), detail: '500\ninstead of 200' } : step,
    );
    const decision = {
      verb: 'abort',
      actor: 'bob',
      reason: 'enough',
      at: at(51),
      accepted: true,
      answer: 'Undoes it.',
    };
    const lines = changes(snapshot(), snapshot({ steps, decisions: [decision], hold }), now);
    expect(lines).toEqual([
      '✘ Verify (1.0 s): 500 instead of 200',
      '» abort by bob (enough): Undoes it.',
      '? held, rollbackFailed: The old pods do not come up. What now?',
      '    belay retry-rollback rollingUpdate/canvas/1 --reason …   Try again.',
      '    belay accept rollingUpdate/canvas/1 --reason …   Leave it.',
    ]);
  });

  test('trouble is told once, and its end', () => {
    const troubled = snapshot({}, { trouble: 'No worker answers.' });
    expect(changes(snapshot(), troubled, now)).toEqual(['! No worker answers.']);
    expect(changes(troubled, troubled, now)).toEqual([]);
    expect(changes(troubled, snapshot(), now)).toEqual(['! Answers again.']);
  });
});

test.each([
  [-5, '0 ms'],
  [850, '850 ms'],
  [12_340, '12.3 s'],
  [245_000, '4 m 05 s'],
  [7_800_000, '2 h 10 m'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
