import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { parseAction } from './actions/parse.js';
import { refusal } from './actions/refuse.js';
import { actionTexts } from './actions/texts.js';
import type { Live } from './live.js';
import { act, take } from './machine.js';
import { type ActionPayload, actionUpdate, eventSignal } from './messages.js';
import { earlier } from './turn.js';
import { type ActionAnswer, type ActionName, actionNames } from './types.js';

/** Signals that may come before the input is resolved. */
const EARLY_MAX = 10_000;

const refused = (type: string, message: string) => ApplicationFailure.create({ type, message, nonRetryable: true });

/** What people and machines tell an incident. Made before the workflow's first await, so that nothing is missed. */
export class Control {
  private live: Live | undefined;
  private over = false;
  private readonly early: unknown[] = [];

  constructor() {
    setHandler(
      eventSignal,
      (event) => {
        if (this.live) this.live.decide((turn) => take(turn, event));
        else if (this.early.length < EARLY_MAX) this.early.push(event);
      },
      { description: 'Alerts, outcomes of pages, and actions of bots. Sent by the gateway.' },
    );
    for (const name of actionNames)
      setHandler(actionUpdate(name), (payload) => this.handle(name, payload), {
        description: actionTexts[name],
        validator: (payload) => this.validate(name, payload),
      });
  }

  /** From here on decisions are made; what came before is taken first, in its order. */
  open(live: Live): void {
    this.live = live;
    for (const event of this.early.splice(0)) live.decide((turn) => take(turn, event));
  }

  /** No incident came of it: whoever waits is told so. */
  close(): void {
    this.over = true;
  }

  private validate(name: ActionName, payload: ActionPayload): void {
    const action = parseAction(name, payload);
    if ('problem' in action) throw refused('Unreadable', `${name}: ${action.problem}`);
    if (!this.live || earlier(this.live.state, action.requestId)) return;
    const why = refusal(this.live.turn(), action);
    if (why) throw refused(why.code, `${name}: ${why.answer}`);
  }

  /** Decides at once where it can: an answer at the instant of a deadline must come first. */
  private handle(name: ActionName, payload: ActionPayload): ActionAnswer | Promise<ActionAnswer> {
    return this.live ? this.decide(this.live, name, payload) : this.wait(name, payload);
  }

  private async wait(name: ActionName, payload: ActionPayload): Promise<ActionAnswer> {
    await condition(() => this.live !== undefined || this.over);
    if (!this.live)
      throw refused('NoIncident', 'no incident came of this run: its input was refused, or it was a dry run');
    return this.decide(this.live, name, payload);
  }

  private decide(live: Live, name: ActionName, payload: ActionPayload): ActionAnswer {
    const action = parseAction(name, payload);
    if ('problem' in action) throw refused('Unreadable', `${name}: ${action.problem}`);
    const answer = live.decide((turn) => act(turn, action));
    // Between the validator and here another action may have come first.
    if (!answer.accepted) throw refused(answer.code ?? 'Refused', `${name}: ${answer.answer}`);
    return answer;
  }
}
