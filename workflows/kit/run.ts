import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  allHandlersFinished,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { NotificationKind } from '../../activities/types.js';
import type { System } from '../../systems/schema.js';
import type { targetLock } from '../targetLock/workflow.js';
import { mutate, probe } from './activities.js';
import { Control } from './control.js';
import { renderDetails } from './details.js';
import { type Cause, causeOf, fail } from './failure.js';
import { IncidentLink } from './incidentLink.js';
import { releaseLocks } from './lock.js';
import type { VerbName } from './messages.js';
import { type About, Notifier } from './notifier.js';
import { renderReport } from './report.js';
import { attributes } from './searchAttributes.js';
import { now, Step } from './steps.js';
import { failureTypes, type Phase, type Report, type RunStatus } from './types.js';

/** Fields that every runbook's input has after resolution. */
export interface CommonInput {
  system: string;
  reason: string;
  requestedBy: string;
  dryRun: boolean;
}

/** How a run achieved its purpose. */
export interface Conclusion {
  outcome: 'succeeded' | 'planned';
  summary: string;
}

/** A run's input is a page of JSON. Much more could not even be handed to an activity, and would fail the workflow task for ever. */
const MAX_INPUT_CHARS = 256 * 1_024;

function refuseOversize(raw: unknown): void {
  const { length } = JSON.stringify(raw ?? null);
  if (length <= MAX_INPUT_CHARS) return;
  throw fail(
    'InvalidInput',
    `The input is ${length} characters of JSON, at most ${MAX_INPUT_CHARS} are taken; give one object with the runbook's fields`,
  );
}

/** One run of a runbook: its input, its system's snapshot, its state, and what all runbooks can do. */
export class Run<Input extends CommonInput = CommonInput> {
  readonly status: RunStatus;
  readonly control: Control;
  readonly steps: Step;
  readonly locks: ChildWorkflowHandle<typeof targetLock>[] = [];
  readonly startedAt = now();
  systemHash = '';
  /** What this run and others tell of; a status page shows it as one incident. */
  topic: string | undefined;
  /** False: the report is the run's result alone, since nothing in it is worth keeping for years. */
  keepsReport = true;
  private readonly notifier = new Notifier();
  private readonly incident = new IncidentLink();
  private resolved: { input: Input; system: System } | undefined;

  constructor(id: string, verbs: readonly VerbName[]) {
    const { workflowId } = workflowInfo();
    this.status = {
      runbook: id,
      workflowId,
      dryRun: false,
      phase: 'resolving',
      headline: 'Reads the input',
      steps: [],
      decisions: [],
      locks: [],
    };
    this.steps = new Step(this.status, this.show);
    this.control = new Control(this.status, verbs, this.show);
  }

  readonly show = (): void => setCurrentDetails(renderDetails(this.status));

  get input(): Input {
    if (!this.resolved) throw new TypeError('input used before it was resolved');
    return this.resolved.input;
  }

  get system(): System {
    if (!this.resolved) throw new TypeError('system used before it was resolved');
    return this.resolved.system;
  }

  get isResolved(): boolean {
    return this.resolved !== undefined;
  }

  /** First step of every run: the catalogue's schema and the system's description decide whether the input is right. */
  async resolve(raw: unknown): Promise<void> {
    await this.steps.step('Resolve the input', async (step) => {
      refuseOversize(raw);
      const resolved = await probe('Validate the input').resolveInput({
        runbook: this.status.runbook,
        raw: raw ?? null,
      });
      // The catalogue's schema has just made this shape; the bundle holds no validator of its own.
      const input = resolved.input as Input;
      this.resolved = { input, system: resolved.system };
      this.systemHash = resolved.systemHash;
      Object.assign(this.status, {
        system: input.system,
        requestedBy: input.requestedBy,
        reason: input.reason,
        dryRun: input.dryRun,
      });
      upsertSearchAttributes([
        { key: attributes.runbook, value: this.status.runbook },
        { key: attributes.system, value: input.system },
        { key: attributes.requestedBy, value: input.requestedBy },
      ]);
      step.note(`${resolved.system.title} (${resolved.system.environment})`, { description: resolved.systemHash });
    });
    this.incident.tell(this.status.runbook, this.input);
  }

  enter(phase: Phase, headline: string): void {
    this.status.phase = phase;
    this.status.headline = headline;
    this.show();
  }

  /** Tells people, beside the procedure. */
  notify(kind: NotificationKind, title: string, text: string, about: Pick<About, 'ongoing'> = {}): void {
    const topic = this.topic === undefined ? {} : { topic: this.topic };
    this.notifier.send(this.system, kind, title, text, { ...topic, ...about });
  }

  /** Tells people through one channel, whatever the system names for the kind. A channel that is not described is left out. */
  notifyThrough(channel: string, kind: NotificationKind, title: string, text: string): void {
    this.notifier.sendThrough(this.system, [channel], kind, title, text);
  }

  /** From here on the purpose counts as achieved: `abort` is refused. */
  commit(): void {
    this.control.state.committed = true;
  }

  /** Closes the account: report stored, locks free, last messages out. */
  async close(outcome: string, summary: string): Promise<Report> {
    const { workflowId, runId } = workflowInfo();
    const report: Report = {
      runbook: this.status.runbook,
      workflowId,
      runId,
      system: this.status.system ?? '',
      systemHash: this.systemHash,
      requestedBy: this.status.requestedBy ?? '',
      reason: this.status.reason ?? '',
      dryRun: this.status.dryRun,
      startedAt: this.startedAt,
      endedAt: now(),
      outcome,
      summary,
      steps: this.status.steps,
      decisions: this.status.decisions,
      ...(this.status.plan && { plan: this.status.plan }),
    };
    await CancellationScope.nonCancellable(async () => {
      if (this.isResolved) {
        if (this.keepsReport) await this.store(report);
        this.incident.tell(this.status.runbook, this.input, { outcome, summary });
      }
      upsertSearchAttributes([{ key: attributes.outcome, value: outcome }]);
      await releaseLocks(this);
      await this.notifier.drain();
      await this.incident.drain();
      this.enter('done', summary);
      await condition(allHandlersFinished);
    });
    return report;
  }

  private async store(report: Report): Promise<void> {
    const { workflowId, runId } = report;
    try {
      const saved = await mutate('Store the report').saveReport({
        runbook: report.runbook,
        workflowId,
        runId,
        json: JSON.stringify(report),
        markdown: renderReport(report),
      });
      report.reference = saved.reference;
    } catch (error) {
      // The report is also the run's result; an evidence store that is away must not turn a good run into a failed one.
      report.summary += ` (the report could not be stored: ${causeOf(error).message})`;
    }
  }
}

/**
 * What every runbook's workflow is made of: resolves the input, runs the procedure, and ends with a report: as result when
 * the purpose was achieved, else in the details of a typed failure. Call it first thing, so that handlers are set in time.
 */
export async function runbook<Input extends CommonInput>(
  id: string,
  verbs: readonly VerbName[],
  raw: unknown,
  procedure: (run: Run<Input>) => Promise<Conclusion>,
): Promise<Report> {
  const run = new Run<Input>(id, verbs);
  try {
    await run.resolve(raw);
    // What `abort` stops; a cancel of the run stops it too. An undo shields itself by a non-cancellable scope.
    const scope = new CancellationScope();
    run.control.forward = scope;
    const { outcome, summary } = await scope.run(() => procedure(run));
    return await run.close(outcome, summary);
  } catch (error) {
    const cause = ending(causeOf(error), run);
    const report = await run.close(cause.type, cause.message);
    throw ApplicationFailure.create({
      type: cause.type,
      message: report.summary,
      nonRetryable: true,
      details: [{ ...report, ...(cause.details.length > 0 && { cause: cause.details }) }],
    });
  }
}

/** Gives the cause the name of one of our ends: an activity's own type (`Forbidden`, `NotFound` …) becomes part of the message. */
function ending(cause: Cause, run: Run): Cause {
  if (cause.type === 'Cancelled') {
    const { aborted } = run.control.state;
    const message = aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'Cancelled';
    return { type: 'Aborted', message: `${message}; nothing had been changed`, details: [] };
  }
  if ((failureTypes as readonly string[]).includes(cause.type)) return cause;
  const message = cause.type === 'StepFailed' ? cause.message : `${cause.type}: ${cause.message}`;
  return { ...cause, type: 'StepFailed', message };
}
