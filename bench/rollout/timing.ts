import type { ActivityRecord, RunRecord } from '../kit/history.js';

/** How long a rolled-back run took, in milliseconds. Where a moment lies within an activity, the choice is against us. */
export interface RolloutTiming {
  /** From the start of the activity that writes the new image until the verdict stands in the history. */
  detectMs: number;
  /** From the verdict until the activity that puts the old template back has ended. */
  revertMs: number;
  /** From the start of the write until the old version was watched and checked. */
  backMs: number;
  /** The verdict's own sentence. */
  verdict: string;
}

interface Judgement {
  good: boolean;
  summary: string;
}

/** Verdict of an activity that watches or checks; `undefined` for any other and while it has none. */
function judgementOf({ name, result }: ActivityRecord): Judgement | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const summary = 'summary' in result ? String(result.summary) : '';
  if ((name === 'watchRollout' || name === 'guardPods') && 'outcome' in result)
    return { good: result.outcome === 'complete', summary };
  if (name === 'runHttpCheck' && 'passed' in result) return { good: result.passed === true, summary };
  return undefined;
}

/** Times of a run that changed one workload and rolled it back. Throws, saying what is missing, on any other course. */
export function rolloutTiming({ activities }: RunRecord): RolloutTiming {
  const write = activities.find(({ name, endedAt }) => name === 'setImage' && endedAt !== undefined);
  if (write?.startedAt === undefined || write.endedAt === undefined) throw new Error('no image was set');
  const from = write.endedAt;
  const restore = activities.find(({ name, scheduledAt }) => name.startsWith('restore') && scheduledAt >= from);
  const restored = restore?.endedAt;
  if (restored === undefined) throw new Error('no template was put back');

  const judged = activities.flatMap((activity) => {
    const judgement = judgementOf(activity);
    const { endedAt, scheduledAt } = activity;
    return judgement && endedAt !== undefined ? [{ ...judgement, endedAt, scheduledAt }] : [];
  });
  const verdict = judged.find(({ good, endedAt }) => !good && endedAt >= from && endedAt <= restored);
  if (!verdict) throw new Error('no verdict stands before the rollback');
  const after = judged.filter(({ scheduledAt }) => scheduledAt >= restored);
  if (after.length === 0 || after.some(({ good }) => !good)) throw new Error('the rollback was not verified');
  return {
    detectMs: verdict.endedAt - write.startedAt,
    revertMs: restored - verdict.endedAt,
    backMs: Math.max(...after.map(({ endedAt }) => endedAt)) - write.startedAt,
    verdict: verdict.summary,
  };
}
