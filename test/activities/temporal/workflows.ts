import { ApplicationFailure, condition, continueAsNew, defineSignal, setHandler } from '@temporalio/workflow';

export const finish = defineSignal<['complete' | 'fail' | 'again']>('finish');

/** Stays open until it is told how to end. */
export async function holder(): Promise<void> {
  let how: 'complete' | 'fail' | 'again' | undefined;
  setHandler(finish, (value) => void (how = value));
  await condition(() => how !== undefined);
  if (how === 'again') await continueAsNew();
  if (how === 'fail') throw ApplicationFailure.nonRetryable('told to');
}
