import type { WorkflowInterceptors } from '@temporalio/workflow';

const swap: Record<string, string> = { saveState: 'setImage', setImage: 'saveState' };

/** A workflow that writes first and remembers the good state afterwards: a change of order that old histories must refuse. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: async (input, next) =>
        next({ ...input, activityType: swap[input.activityType] ?? input.activityType }),
    },
  ],
});
