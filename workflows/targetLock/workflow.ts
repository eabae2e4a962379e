import {
  CancellationScope,
  condition,
  defineSignal,
  setHandler,
  workflowInfo,
  setCurrentDetails,
} from '@temporalio/workflow';

/** The holder is done. */
export const releaseSignal = defineSignal('release');

/**
 * One held target. The lock is nothing but this workflow's id, which the server lets exist once; who holds it and why stands
 * in its memo. It ends by signal, or is terminated with its holder. It ignores a cancel: a lock that is let go while its
 * holder still works would protect nobody.
 */
export async function targetLock(): Promise<void> {
  const lock = { released: false };
  setHandler(
    releaseSignal,
    () => {
      lock.released = true;
    },
    { description: 'Sent by the holder at its end. Do not send it by hand: end the holder instead.' },
  );
  setCurrentDetails(`Held by \`${workflowInfo().parent?.workflowId ?? 'nobody'}\`. To free it, end the holder.`);
  await CancellationScope.nonCancellable(() => condition(() => lock.released));
}
