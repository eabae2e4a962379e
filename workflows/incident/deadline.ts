import { CancellationScope, sleep } from '@temporalio/workflow';

/** The one timer of an incident: begun anew only when the deadline is another, since every timer is two events of the history. */
export class Deadline {
  private at: number | undefined;
  private scope: CancellationScope | undefined;
  /** The time has come. */
  reached = false;

  /** `at` in ms since the epoch, or nothing to wait for. */
  set(at: number | undefined): void {
    if (at === this.at && !this.reached) return;
    this.scope?.cancel();
    this.at = at;
    this.reached = false;
    this.scope = undefined;
    if (at === undefined) return;
    const scope = new CancellationScope();
    this.scope = scope;
    const waiting = scope.run(() => sleep(Math.max(1, at - Date.now()), { summary: 'Next deadline' }));
    void waiting.then(
      () => {
        if (this.scope === scope) this.reached = true;
      },
      // Cancelled for another deadline, or with the run, which its main loop sees for itself.
      () => undefined,
    );
  }
}
