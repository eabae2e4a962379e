import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { IncidentInput } from '../../workflows/incident/input.js';
import { actionUpdate, eventSignal, timelineQuery, type ActionPayload } from '../../workflows/incident/messages.js';
import {
  actionNames,
  type ActionAnswer,
  type ActionName,
  type IncidentEvent,
  type IncidentView,
  type TimelineEntry,
} from '../../workflows/incident/types.js';

/** What the stand-in is told by tests: parts of its view, an action to refuse, or to end. */
export interface Direction {
  view?: Partial<IncidentView>;
  refuse?: { action: ActionName; code: string; message: string };
  end?: boolean;
}

export const directSignal = defineSignal<[Direction]>('direct');
/** As the gateway asks an incident, without what it does not read. */
const statusQuery = defineQuery<{ incident: IncidentView }>('status');

/** One thing that reached the stand-in, in order. */
export type Received = IncidentEvent | (ActionPayload & { type: ActionName; byUpdate: true });

export const receivedQuery = defineQuery<Received[]>('received');

/** Stands in for an incident: keeps what reaches it, and shows the state that a test has given it. */
export async function incident(input: Partial<IncidentInput> & Pick<IncidentInput, 'title' | 'system'>): Promise<void> {
  const { workflowId } = workflowInfo();
  const received: Received[] = [];
  const seen = new Map<string, ActionAnswer>();
  const entries: TimelineEntry[] = [];
  let ended = false;
  let refuse: Direction['refuse'];
  let view: IncidentView = {
    incident: workflowId,
    title: input.title,
    system: input.system,
    kind: input.kind ?? 'operational',
    severity: input.severity ?? 'P3',
    phase: 'triggered',
    exhausted: false,
    flapping: false,
    openedAt: Date.now(),
    triggeredAt: Date.now(),
    level: 0,
    levels: 4,
    firing: 1,
    alerts: [],
    suggested: [],
    clocks: [],
    runs: [],
    checklist: [],
    reopened: 0,
  };
  const write = (text: string) => void entries.push({ n: entries.length, at: Date.now(), kind: 'action', text });
  for (const name of actionNames)
    setHandler(
      actionUpdate(name),
      (payload: ActionPayload): ActionAnswer => {
        received.push({ ...payload, type: name, byUpdate: true });
        const requestId = String(payload['requestId']);
        const answer = seen.get(requestId) ?? { accepted: true, answer: `${name} is done.` };
        seen.set(requestId, answer);
        return answer;
      },
      {
        validator: (_payload: ActionPayload) => {
          if (refuse?.action === name)
            throw ApplicationFailure.create({ type: refuse.code, message: refuse.message, nonRetryable: true });
        },
      },
    );
  setHandler(eventSignal, (event) => {
    received.push(event);
    if (event.type === 'note') write(event.text);
  });
  setHandler(statusQuery, () => ({ incident: view }));
  setHandler(timelineQuery, () => ({ entries, stored: [] }));
  setHandler(directSignal, (direction) => {
    view = { ...view, ...direction.view };
    refuse = direction.refuse ?? refuse;
    ended ||= direction.end ?? false;
  });
  setHandler(receivedQuery, () => received);
  await condition(() => ended && allHandlersFinished());
}
