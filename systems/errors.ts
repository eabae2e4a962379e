import { type Problem, problemText } from './problem.js';
import { suggest } from './suggest.js';

const SHOWN = 20;

/** No folder holds a description of that name. */
export class UnknownSystemError extends Error {
  override readonly name = 'UnknownSystemError';
  readonly advice: string;
  constructor(
    readonly system: string,
    readonly known: readonly string[],
    readonly dirs: readonly string[],
  ) {
    const advice = suggest(system, known, 'known systems');
    super(`There is no system "${system.slice(0, 80)}"; ${advice} (looked for its .yaml in ${dirs.join(', ')})`);
    this.advice = advice;
  }
}

/** A description was found but cannot be used; `problems` has all of them. */
export class InvalidSystemError extends Error {
  override readonly name = 'InvalidSystemError';
  constructor(
    readonly system: string,
    readonly problems: readonly Problem[],
  ) {
    const shown = problems.slice(0, SHOWN).map(problemText);
    if (problems.length > SHOWN) shown.push(`… and ${problems.length - SHOWN} more`);
    super(`The description of "${system}" is not valid:\n${shown.join('\n')}`);
  }
}
