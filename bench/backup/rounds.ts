import { messageOf } from '../../sandbox/kit/text.js';
import { orderOf } from './order.js';
import type { BackupPlace } from './place.js';
import { ways, type BackupResult, type Run, type Way } from './types.js';

export type Note = (way: Way, run: Run) => void;

/** One step of a round: measures one way, and those that go on with what that one has stored. */
export interface Step {
  way: Way;
  /** Another program's: when it fails it is left out, and Belay is not blamed. */
  peer?: boolean;
  measure(note: Note): Promise<void>;
}

export type Rounds = Pick<BackupResult, 'runs' | 'missing' | 'failures'>;

/** Plays all steps so many times. A step that fails is noted, and the others go on; only an interruption ends it. */
export async function measureRounds(
  place: Pick<BackupPlace, 'progress' | 'signal' | 'calm' | 'empty'>,
  steps: readonly Step[],
  repeats: number,
): Promise<Rounds> {
  const { progress, signal } = place;
  const rounds: Rounds = { runs: {}, missing: {}, failures: [] };
  for (let round = 0; round < repeats; round++) {
    const note: Note = (way, run) => {
      (rounds.runs[way] ??= []).push(run);
      progress(`${round + 1}/${repeats}  ${ways[way].replaceAll('\\', '')}: ${run.seconds.toFixed(1)} s`);
    };
    for (const step of orderOf(steps, round)) {
      signal.throwIfAborted();
      if (rounds.missing[step.way] !== undefined) continue;
      await place.calm();
      try {
        await step.measure(note);
      } catch (error) {
        signal.throwIfAborted();
        const why = messageOf(error);
        progress(`${round + 1}/${repeats}  ${step.way} failed: ${why}`);
        if (step.peer) rounds.missing[step.way] = why;
        else rounds.failures.push(`${step.way} ${round + 1}: ${why}`);
      } finally {
        // What one way stores must not fill the disk for the next.
        await place.empty().catch(() => undefined);
      }
    }
  }
  return rounds;
}
