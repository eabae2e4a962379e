import { nextDeadline } from './machine.js';
import type { IncidentPlan } from './plan.js';
import type { IncidentState } from './state.js';
import type { Effect, Turn } from './turn.js';
import type { IncidentView } from './types.js';
import { viewOf } from './view.js';

/** An open incident inside its workflow: every decision is one synchronous turn, whose effects begin at once. */
export class Live {
  /** Something was decided since the main loop looked. */
  touched = true;

  constructor(
    readonly state: IncidentState,
    public plan: IncidentPlan,
    private readonly carryOut: (effects: Effect[]) => void,
  ) {}

  turn(): Turn {
    return { state: this.state, plan: this.plan, now: Date.now(), effects: [] };
  }

  decide<T>(decision: (turn: Turn) => T): T {
    const turn = this.turn();
    const result = decision(turn);
    this.touched = true;
    this.carryOut(turn.effects);
    return result;
  }

  view(): IncidentView {
    return viewOf(this.turn());
  }

  nextDeadline(): number | undefined {
    return nextDeadline(this.turn());
  }
}
