import { type IncidentPort, TemporalAway } from '../../client/incidents/port.js';

/** Stands between the gateway and the incidents, to make Temporal be away or slow. */
export class Tap {
  away = false;
  /** Actions wait for it. */
  held: Promise<void> | undefined;
  /** How often an incident was asked for, or told, something. */
  calls = 0;

  readonly wrap = (real: IncidentPort): IncidentPort => {
    const pass = async <T>(call: () => Promise<T>): Promise<T> => {
      this.calls += 1;
      if (this.away) throw new TemporalAway('Temporal has not taken it; send it again.');
      return call();
    };
    return {
      deliver: (system, delivery) => pass(() => real.deliver(system, delivery)),
      open: (system, opening, requestId) => pass(() => real.open(system, opening, requestId)),
      state: (workflowId) => pass(() => real.state(workflowId)),
      list: (system, limit) => pass(() => real.list(system, limit)),
      act: (workflowId, action) =>
        pass(async () => {
          await this.held;
          return real.act(workflowId, action);
        }),
    };
  };
}
