import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { Logger } from 'pino';

/** One line per activity attempt: what, for which run, how it ended and how long it took. Inputs and results are never logged. */
export function activityLog(logger: Logger): (context: Context) => ActivityInterceptors {
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const { workflowExecution, workflowType, activityType, attempt } = context.info;
        const line = logger.child({
          workflowId: workflowExecution?.workflowId,
          runId: workflowExecution?.runId,
          runbook: workflowType,
          activity: activityType,
          attempt,
        });
        const started = performance.now();
        const ms = () => Math.round(performance.now() - started);
        line.debug('activity started');
        try {
          const result = await next(input);
          line.info({ ms: ms() }, 'activity done');
          return result;
        } catch (error) {
          const err = error instanceof Error ? error : new Error(String(error));
          const reason = { ms: ms(), type: 'type' in err ? err.type : err.name, error: err.message };
          if (context.cancellationSignal.aborted) line.info(reason, 'activity cancelled');
          else line.warn(reason, 'activity failed');
          throw error;
        }
      },
    },
  });
}
