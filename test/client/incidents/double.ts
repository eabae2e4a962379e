import { ApplicationFailure, condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import type { NewIncident } from '../../../client/incidents/start.js';
import { actionUpdate, eventSignal } from '../../../workflows/incident/messages.js';
import type { ActionAnswer, IncidentEvent } from '../../../workflows/incident/types.js';

/** What has reached the double, in order. */
export interface Kept {
  input: NewIncident;
  events: IncidentEvent[];
}

export const keptQuery = defineQuery<Kept>('kept');
const statusQuery = defineQuery<{ incident: object }>('status');
export const endSignal = defineSignal('end');

/** Plays an incident: keeps what reaches it until it is told to end; acknowledges, and refuses to escalate. */
export async function incident(input: NewIncident): Promise<void> {
  const events: IncidentEvent[] = [];
  let isOver = false;
  let answers = 0;
  setHandler(eventSignal, (event) => void events.push(event));
  setHandler(endSignal, () => void (isOver = true));
  setHandler(keptQuery, () => ({ input, events }));
  const view = { title: input.title, severity: input.severity, kind: input.kind ?? 'operational' };
  setHandler(statusQuery, () => ({ incident: view }));
  setHandler(actionUpdate('acknowledge'), (): ActionAnswer => ({ accepted: true, answer: `answer ${++answers}` }));
  setHandler(actionUpdate('escalate'), (_payload): ActionAnswer => ({ accepted: true, answer: 'never' }), {
    validator: (_payload) => {
      throw ApplicationFailure.nonRetryable('It stands at level 2 already.', 'ALREADY_ESCALATED');
    },
  });
  await condition(() => isOver);
}
