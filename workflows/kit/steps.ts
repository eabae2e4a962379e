import type { RunStatus, StepRecord } from './types.js';
import { isCancellation, TemporalFailure } from '@temporalio/workflow';
import { causeOf } from './failure.js';

/** ISO time of the workflow's clock (the same again on replay). */
export const now = (): string => new Date(Date.now()).toISOString();

/** A step in progress: takes notes and has steps of its own. */
export class Step {
  constructor(
    private readonly status: RunStatus,
    private readonly changed: () => void,
    private readonly record?: StepRecord,
  ) {}

  /** Runs `body` as a step of this one. Its end, good or bad, is recorded; its failure goes on to the caller. */
  async step<T>(name: string, body: (step: Step) => Promise<T>): Promise<T> {
    const record: StepRecord = { id: this.status.steps.length + 1, name, outcome: 'running', startedAt: now() };
    if (this.record) record.parent = this.record.id;
    this.status.steps.push(record);
    this.changed();
    try {
      const result = await body(new Step(this.status, this.changed, record));
      if (record.outcome === 'running') record.outcome = 'done';
      return result;
    } catch (error) {
      if (error instanceof TemporalFailure) {
        record.outcome = isCancellation(error) ? 'cancelled' : 'failed';
        record.detail ??= causeOf(error).message;
      }
      throw error;
    } finally {
      record.endedAt = now();
      this.changed();
    }
  }

  /** One line on what came of the step, with evidence for the report (bounded by whoever made it, no secrets). */
  note(detail: string, evidence?: unknown): void {
    if (!this.record) return;
    this.record.detail = detail;
    if (evidence !== undefined) this.record.evidence = evidence;
    this.changed();
  }

  /** Marks the step as not done on purpose. */
  skip(why: string): void {
    if (this.record) this.record.outcome = 'skipped';
    this.note(why);
  }

  /** Marks the step as failed although its body returns. */
  failed(why: string, evidence?: unknown): void {
    if (this.record) this.record.outcome = 'failed';
    this.note(why, evidence);
  }
}
