import { expect, test } from '@jest/globals';
import { explainPods, sentences } from '../../workflows/rollout/words.js';

test('sentences end once, and empty ones are left out', () => {
  expect(sentences('a.', '', 'b; ', 'c')).toBe('a. b. c.');
});

test('evidence of pods is told with reason, exit code and the last log lines', () => {
  const log = ['one', 'two', 'three', 'four', 'panic: no database'].join('\n');
  const told = explainPods([{ pod: 'p', reason: 'CrashLoopBackOff', exitCode: 1, restarts: 2, message: 'died.', log }]);
  expect(told).toBe(
    'CrashLoopBackOff (exit code 1, 2 restarts): died. Last log lines: two ⏎ three ⏎ four ⏎ panic: no database.',
  );
});

test.each([[undefined], [{}], [[]], [[{ url: 'http://a' }]]])('no evidence of pods gives no words: %j', (evidence) => {
  expect(explainPods(evidence)).toBe('');
});
