import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { mutate } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { renderReport } from '../kit/report.js';
import { attributes } from '../kit/searchAttributes.js';
import type { Report } from '../kit/types.js';
import { Board } from './board.js';
import { atOnce } from './calls.js';
import { Control } from './control.js';
import { Deadline } from './deadline.js';
import { renderDetails } from './details.js';
import { planOnly } from './dryRun.js';
import { isOver } from './ending.js';
import { Errands } from './errands.js';
import type { IncidentInput } from './input.js';
import { Live } from './live.js';
import { tick } from './machine.js';
import { statusQuery, timelineQuery } from './messages.js';
import { type IncidentPlan, planOf } from './plan.js';
import { type IncidentReport, reportOf } from './report.js';
import { type IncidentState, openState } from './state.js';
import { opening, statusOf } from './status.js';
import { log, recall } from './turn.js';

/** What goes over from a run to the next one of the same incident. */
export interface Carried {
  state: IncidentState;
  plan: IncidentPlan;
}

/** Events of a history after which it continues as a new one, also where the server does not suggest it. */
const MAX_EVENTS = 8_000;
const LAST_MS = 10_000;
const WAIT_MS = 60_000;

/**
 * One incident, from its opening to the end of the time in which it may reopen. All that it decides is in `machine.ts`; here are its clock and its
 * effects. Input and failure types in `runbook.ts`. `maxEvents`: after so many it continues as new, once; for tests.
 */
export async function incident(raw: unknown, carried?: Carried | null, maxEvents = MAX_EVENTS): Promise<Report> {
  const control = new Control();
  const desk: { live?: Live } = {};
  setHandler(statusQuery, () => (desk.live ? statusOf(desk.live) : opening()), {
    description: 'Where the incident stands.',
  });
  setHandler(
    timelineQuery,
    () => ({ entries: desk.live?.state.timeline ?? [], stored: desk.live?.state.stored ?? [] }),
    { description: 'What has happened, and where older entries are kept.' },
  );
  const opened = carried ?? (await open(raw, control));
  if ('report' in opened) return opened.report;
  const errands: Errands = new Errands(() => live, raw);
  const live: Live = new Live(opened.state, opened.plan, (effects) => errands.run(effects));
  const board = new Board(() => live);
  desk.live = live;
  control.open(live);
  const isFull = (): boolean => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > maxEvents;
  try {
    await untilClosed(raw, live, errands, board, isFull);
    const report = await CancellationScope.nonCancellable(() => finish(live));
    if (report) return report;
    // An alert came while the account was being closed. This run's report is kept and final, so the incident goes on as a new run.
    await untilClosed(raw, live, errands, board, () => true);
    return await continueAsNew(raw, { state: live.state, plan: live.plan } satisfies Carried);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => abandon(live, errands, board));
    throw fail('Aborted', `Cancelled: ${live.state.title}. Nobody is paged any more; the fault may go on.`);
  }
}

/** Resolves the input, and makes the incident of it. */
async function open(raw: unknown, control: Control): Promise<Carried | { report: Report }> {
  try {
    const {
      input: parsed,
      system,
      systemHash,
    } = await atOnce('Validate the input').resolveInput({ runbook: 'incident', raw: raw ?? null });
    // The catalogue's schema has just made this shape; the bundle holds no validator of its own.
    const input = parsed as IncidentInput;
    const plan = planOf(system, systemHash);
    if (!plan) throw fail('InvalidInput', `${system.name} describes no incidents`);
    if (!input.dryRun) return { state: openState(workflowInfo().workflowId, input, plan, Date.now()), plan };
    control.close();
    upsertSearchAttributes(origin(plan, input.requestedBy));
    const report = await planOnly(input, plan);
    await condition(allHandlersFinished);
    return { report };
  } catch (error) {
    control.close();
    const { type, message, details } = causeOf(error);
    await condition(allHandlersFinished);
    throw type === 'InvalidInput' ? fail(type, message, details[0]) : fail('StepFailed', `${type}: ${message}`);
  }
}

/** By what lists find a run of any runbook. */
const origin = (plan: IncidentPlan, requestedBy: string) => [
  { key: attributes.runbook, value: 'incident' },
  { key: attributes.system, value: plan.system },
  { key: attributes.requestedBy, value: requestedBy },
];

/** The loop: decide what is due, show it, wait for the next deadline or for somebody. One timer, recomputed from absolute times. */
async function untilClosed(
  raw: unknown,
  live: Live,
  errands: Errands,
  board: Board,
  isFull: () => boolean,
): Promise<void> {
  const index = new Index(live);
  const deadline = new Deadline();
  for (;;) {
    live.touched = false;
    live.decide(tick);
    live.touched = false;
    index.refresh();
    const { state } = live;
    const now = Date.now();
    if (state.closesAt !== undefined && state.closesAt <= now && isOver(live.turn()) && errands.pending === 0) {
      await board.drain(LAST_MS);
      // An alert that came in the meantime has reopened it.
      if (isOver(live.turn()) && errands.pending === 0) return;
      continue;
    }
    const full = isFull();
    if (full && errands.pending === 0 && !board.underWay && allHandlersFinished())
      await continueAsNew(raw, { state, plan: live.plan } satisfies Carried);
    if (!full) board.refresh();
    const at = live.nextDeadline();
    const woken = () => live.touched || (full && errands.pending === 0 && !board.underWay && allHandlersFinished());
    const due = at !== undefined && at <= now;
    deadline.set(due ? undefined : at);
    if (!due) await condition(() => woken() || deadline.reached);
    // The end is due, and waits for messages that are still on their way.
    else await condition(() => woken() || errands.pending === 0, WAIT_MS, { summary: 'Last messages go out' });
  }
}

/** What lists and the audit find the incident by; written only when it has changed. */
class Index {
  private written = '';

  constructor(private readonly live: Live) {}

  refresh(): void {
    const { state } = this.live;
    setCurrentDetails(renderDetails(this.live.view(), state.timeline));
    // One that is over owes nobody anything: the audit must not miss it.
    const at = isOver(this.live.turn()) ? undefined : this.live.nextDeadline();
    const mark = `${state.severity} ${state.phase} ${at ?? ''}`;
    if (mark === this.written) return;
    const first = this.written === '' ? origin(this.live.plan, state.requestedBy) : [];
    this.written = mark;
    upsertSearchAttributes([
      ...first,
      { key: attributes.severity, value: state.severity },
      { key: attributes.state, value: state.phase },
      { key: attributes.nextDeadline, value: at === undefined ? null : new Date(at) },
    ]);
  }
}

/** Closes the account: report stored, postmortem begun. Nothing when an alert has reopened the incident meanwhile. */
async function finish(live: Live): Promise<IncidentReport | undefined> {
  const { state, plan } = live;
  const { workflowId, runId } = workflowInfo();
  const report = reportOf(state, plan, live.view(), { workflowId, runId, outcome: 'succeeded', now: Date.now() });
  try {
    const saved = await mutate('Store the report').saveReport({
      runbook: 'incident',
      workflowId,
      runId,
      json: JSON.stringify(report),
      markdown: renderReport(report),
    });
    report.reference = saved.reference;
  } catch (error) {
    report.summary += ` (the report could not be stored: ${causeOf(error).message})`;
  }
  const isDue = plan.incidents.postmortem.severities.includes(state.severity) && state.mergedInto === undefined;
  if (isDue && isOver(live.turn())) await beginPostmortem(live);
  await condition(allHandlersFinished);
  // No await from here on: an alert either came before, or finds no run and opens a new incident.
  if (!isOver(live.turn())) return undefined;
  upsertSearchAttributes([
    { key: attributes.outcome, value: 'succeeded' },
    { key: attributes.nextDeadline, value: null },
  ]);
  return report;
}

async function beginPostmortem(live: Live): Promise<void> {
  const { state, plan } = live;
  const begun = startChild('postmortem', {
    workflowId: `postmortem/${state.incident}@${state.openedAt}`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [
      {
        system: plan.system,
        incident: state.incident,
        reason: `After ${state.severity} ${state.title}`.slice(0, 500),
        requestedBy: 'incident',
        title: state.title,
        severity: state.severity,
        ...(state.resolvedAt !== undefined && { resolvedAt: new Date(state.resolvedAt).toISOString() }),
        facts: { view: live.view(), entries: state.timeline, stored: state.stored },
      },
    ],
  });
  // Begun when the incident was closed for the first time.
  await begun.catch((error: unknown) => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  });
}

/** The run was cancelled: nobody may go on ringing for an incident that nobody watches. */
async function abandon(live: Live, errands: Errands, board: Board): Promise<void> {
  live.decide((turn) => {
    log(turn, 'system', 'The run was cancelled');
    turn.state.phase = 'resolved';
    turn.state.resolvedAt = turn.now;
    turn.state.generation += 1;
    recall(turn, 'the incident was cancelled');
  });
  await condition(() => errands.pending === 0, LAST_MS);
  await board.drain(LAST_MS);
}
