import type { Change, FieldChange, Json, ObjectKey, SavedObject } from '../../activities/kubernetes/emergency/types.js';
import { urgent } from '../kit/activities.js';
import { causeOf } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import { runRef } from '../rollout/targets.js';
import { keyIn, surveyInput } from './targets.js';

/** Something that is not as it should be, with what a person can do about it. */
export interface Trouble {
  key: ObjectKey;
  problem: string;
  command?: string;
}

export type Marking = { mark: { snapshot: string; was: Record<ObjectKey, Record<string, Json>> } } | { unmark: true };

/** The mark that tells on the objects themselves how they were. */
export function markOf(run: Run, snapshot: string, objects: readonly SavedObject[]): Marking {
  return { mark: { snapshot, was: Object.fromEntries(objects.map((one) => [keyIn(run.system, one), one.fields])) } };
}

/** Objects of one call; more would make it long. */
const AT_ONCE = 250;

/**
 * Sets the fields of many objects as one step. What could not be set is given back and said in the step; it never throws for that: the
 * rest of an emergency goes on.
 */
export async function apply(
  run: Run,
  parent: Step,
  title: string,
  changes: readonly FieldChange[],
  marking: Marking,
): Promise<Trouble[]> {
  if (changes.length === 0) return [];
  return parent.step(title, async (step) => {
    const { place } = surveyInput(run.system);
    const results: Change[] = [];
    try {
      for (let from = 0; from < changes.length; from += AT_ONCE) {
        const some = changes.slice(from, from + AT_ONCE);
        results.push(
          ...(await urgent(title.slice(0, 190)).setFields({ place, changes: some, ...marking, run: runRef(run) })),
        );
      }
    } catch (error) {
      const cause = causeOf(error);
      if (cause.type === 'Cancelled') throw error;
      step.failed(cause.message);
      return [...troubles(results), { key: title, problem: cause.message }];
    }
    const bad = troubles(results);
    const counts = countText(results);
    if (bad.length === 0) step.note(counts);
    else step.failed(`${counts}; ${bad.map(troubleText).join('; ')}`.slice(0, 2_000), bad);
    return bad;
  });
}

const troubles = (results: readonly Change[]): Trouble[] =>
  results
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ key, problem = 'it failed', command }) => ({ key, problem, ...(command !== undefined && { command }) }));

function countText(results: readonly Change[]): string {
  const count = (outcome: Change['outcome']) => results.filter((one) => one.outcome === outcome).length;
  const words = { changed: 'changed', already: 'stood so already', gone: 'are gone', failed: 'failed' } as const;
  const parts = Object.entries(words).flatMap(([outcome, word]) => {
    const many = count(outcome as Change['outcome']);
    return many === 0 ? [] : [`${many} ${word}`];
  });
  return parts.join(', ') || 'nothing to do';
}

/** One line for people: what, why, and the command that does it by hand. Pure. */
export const troubleText = ({ key, problem, command }: Trouble): string =>
  command === undefined ? `${key}: ${problem}` : `${key}: ${problem}. By hand: ${command}`;
