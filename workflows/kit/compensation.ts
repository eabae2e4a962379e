import { CancellationScope } from '@temporalio/workflow';
import { causeOf } from './failure.js';
import type { Step } from './steps.js';

/** What undoes a run's steps. Registered before the step that it undoes, since a step may fail after it took effect. */
export class Compensations {
  private readonly list: { name: string; undo: () => Promise<void> }[] = [];

  add(name: string, undo: () => Promise<void>): void {
    this.list.push({ name, undo });
  }

  /** The purpose is achieved: nothing of this is undone any more. */
  clear(): void {
    this.list.length = 0;
  }

  /** Runs all in reverse, deaf to cancels, all of them even if one fails. Gives what could not be undone. */
  async run(steps: Step): Promise<string[]> {
    const failed: string[] = [];
    await CancellationScope.nonCancellable(async () => {
      for (const { name, undo } of this.list.splice(0).toReversed()) {
        await steps.step(name, async (step) => {
          try {
            await undo();
          } catch (error) {
            const why = causeOf(error).message;
            failed.push(`${name}: ${why}`);
            step.failed(why);
          }
        });
      }
    });
    return failed;
  }
}
