import { ApplicationFailure } from '@temporalio/common';

export interface InputProblem {
  path: string;
  message: string;
}

const MOST_PROBLEMS = 50;
const LONGEST_PATH = 200;
const LONGEST_MESSAGE = 500;

/**
 * The failure that ends a run before anything was touched: every problem in the message and, as `{problems}`, in the details.
 * Both are bounded, because a failure is stored in the run's history.
 */
export function invalidInput(runbook: string, problems: readonly InputProblem[]): ApplicationFailure {
  const shown = problems.slice(0, MOST_PROBLEMS).map(({ path, message }) => ({
    path: cut(path, LONGEST_PATH),
    message: cut(message, LONGEST_MESSAGE),
  }));
  if (problems.length > MOST_PROBLEMS) {
    shown.splice(MOST_PROBLEMS - 1, 1, {
      path: '',
      message: `and ${problems.length - MOST_PROBLEMS + 1} more problems; mend these first`,
    });
  }
  const lines = shown.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return ApplicationFailure.create({
    type: 'InvalidInput',
    nonRetryable: true,
    message: `Input of ${cut(runbook, 80)} is not valid; nothing was touched.\n${lines.join('\n')}`,
    details: [{ problems: shown }],
  });
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
