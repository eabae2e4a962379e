import type { WorkflowInterceptors } from '@temporalio/workflow';

const swap: Record<string, string> = { saveState: 'setImage', setImage: 'saveState' };

/** A workflow that writes first and remembers the good state afterwards: a change of order that old histories must refuse. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      // No await: one more turn of the event loop is a change as well, to which runs that do several things at a time may answer.
      scheduleActivity: (input, next) =>
        next({ ...input, activityType: swap[input.activityType] ?? input.activityType }),
    },
  ],
});
