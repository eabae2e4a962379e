import { condition, setHandler, defineQuery, defineSignal } from '@temporalio/workflow';
import type { PagedEvent } from '../../../workflows/incident/types.js';

export { pager } from '../../../workflows/pager/workflow.js';

const eventSignal = defineSignal<[PagedEvent]>('event');
const endSignal = defineSignal('end');
const heardQuery = defineQuery<PagedEvent[]>('heard');

/** Stands in for an incident: writes down what pagers tell it. */
export async function listener(): Promise<void> {
  const heard: PagedEvent[] = [];
  const state = { ended: false };
  setHandler(eventSignal, (event) => void heard.push(event));
  setHandler(endSignal, () => {
    state.ended = true;
  });
  setHandler(heardQuery, () => heard);
  await condition(() => state.ended);
}
