import { ApplicationFailure, type CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { statusQuery, verbSignal, verbUpdate, type VerbAnswer, type VerbInput, type VerbName } from './messages.js';
import { now } from './steps.js';
import type { Decision, Hold, RunStatus } from './types.js';
import { refusal, type VerbState } from './verbs.js';
import { verbDescriptions } from './verbTexts.js';

/** Refused signals and old answers beyond this many are forgotten, so that a noisy bot cannot bloat the state. */
const DECISIONS_KEPT = 200;

/** A signal's payload is whatever its sender made of it. */
const textOf = (value: unknown, max: number) => (typeof value === 'string' ? value.slice(0, max) : '');

/** What people and bots tell a run. Handlers are set when it is constructed: before the workflow's first await. */
export class Control {
  readonly state: VerbState = { approvals: [], promotable: false };
  /** Scope of the steps that `abort` stops. */
  forward: CancellationScope | undefined;

  constructor(
    private readonly status: RunStatus,
    verbs: readonly VerbName[],
    private readonly changed: () => void,
  ) {
    setHandler(statusQuery, () => this.status, { description: 'Where the run stands: steps, plan, hold, decisions.' });
    for (const verb of verbs) {
      const description = verbDescriptions[verb];
      setHandler(verbUpdate(verb), (input) => this.decide(verb, input), {
        description,
        validator: (input) => {
          if (this.earlier(verb, input)) return;
          const why = refusal(verb, input, this.status, this.state, Date.now());
          if (why) throw ApplicationFailure.create({ type: 'Refused', message: `${verb}: ${why}`, nonRetryable: true });
        },
      });
      setHandler(verbSignal(verb), (input) => void this.decide(verb, input), { description });
    }
  }

  private earlier(verb: VerbName, input: VerbInput | undefined): Decision | undefined {
    const id = input?.requestId;
    return id === undefined
      ? undefined
      : this.status.decisions.find((one) => one.requestId === id && one.verb === verb);
  }

  private decide(verb: VerbName, input: VerbInput | undefined): VerbAnswer {
    const earlier = this.earlier(verb, input);
    if (earlier) return { accepted: earlier.accepted, answer: earlier.answer };
    const why = refusal(verb, input, this.status, this.state, Date.now());
    const decision: Decision = {
      verb,
      actor: textOf(input?.actor, 200) || 'unknown',
      reason: textOf(input?.reason, 500),
      at: now(),
      accepted: why === undefined,
      answer: why ?? verbDescriptions[verb],
    };
    const requestId = textOf(input?.requestId, 200);
    if (requestId) decision.requestId = requestId;
    this.status.decisions.push(decision);
    if (this.status.decisions.length > DECISIONS_KEPT) this.status.decisions.shift();
    if (why === undefined) this.apply(verb, decision);
    this.changed();
    return { accepted: decision.accepted, answer: decision.answer };
  }

  private apply(verb: VerbName, decision: Decision): void {
    const { hold } = this.status;
    if (hold && Object.hasOwn(hold.options, verb)) {
      decision.answer = hold.options[verb] ?? decision.answer;
      this.state.chosen = decision;
      if (verb === 'abort') this.state.aborted = decision;
      if (verb === 'stayDown') this.state.stayDown = decision;
      return;
    }
    switch (verb) {
      case 'approve':
        this.state.approvals.push(decision);
        return;
      case 'reject':
        this.state.rejected = decision;
        return;
      case 'pause':
        this.state.paused = decision;
        return;
      case 'resume':
        delete this.state.paused;
        return;
      case 'promote':
        this.state.promoted = decision;
        return;
      case 'abort':
        this.state.aborted = decision;
        this.forward?.cancel();
        return;
      case 'skipTier':
        if (this.state.tier !== undefined) (this.state.skippedTiers ??= []).push(this.state.tier);
        return;
      case 'stayDown':
        this.state.stayDown = decision;
        this.forward?.cancel();
        return;
      default:
        return;
    }
  }

  /** Waits here while the run is paused. */
  async checkpoint(): Promise<void> {
    if (!this.state.paused) return;
    const phase = this.status.phase;
    this.status.phase = 'paused';
    this.changed();
    try {
      await condition(() => this.state.paused === undefined);
    } finally {
      this.status.phase = phase;
      this.changed();
    }
  }

  /**
   * Waits in a named state until a person uses one of its options; returns that decision. `unless` ends it by its rejection: give
   * `forward.cancelRequested` where a non-cancellable scope would make the hold deaf to a cancel of the run.
   */
  async hold(hold: Omit<Hold, 'since'>, unless?: Promise<never>): Promise<Decision> {
    const phase = this.status.phase;
    delete this.state.chosen;
    this.status.hold = { ...hold, since: now() };
    this.status.phase = 'held';
    this.changed();
    try {
      const chosen = condition(() => this.state.chosen !== undefined);
      await (unless ? Promise.race([chosen, unless]) : chosen);
    } finally {
      delete this.status.hold;
      this.status.phase = phase;
      this.changed();
    }
    const chosen: Decision | undefined = this.state.chosen;
    if (!chosen) throw new TypeError('condition ended without a choice');
    return chosen;
  }
}
