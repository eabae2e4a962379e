import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setHandler,
} from '@temporalio/workflow';

export const finish = defineSignal<['complete' | 'fail' | 'again']>('finish');

/** Stays open until it is told how to end. */
export async function holder(): Promise<void> {
  let how: 'complete' | 'fail' | 'again' | undefined;
  setHandler(finish, (value) => void (how = value));
  await condition(() => how !== undefined);
  if (how === 'again') await continueAsNew();
  if (how === 'fail') throw ApplicationFailure.nonRetryable('told to');
}

export const event = defineSignal<[unknown]>('event');

/** Answers as an incident does, and ends with what it was sent. */
export async function teller(): Promise<unknown> {
  const seen: unknown[] = [];
  setHandler(defineQuery('status'), () => ({ phase: 'running', incident: { incident: 'x', title: 'Told' } }));
  setHandler(defineQuery('timeline'), () => ({ entries: [{ n: 0, at: 0, kind: 'system', text: 'a' }], stored: ['s'] }));
  setHandler(event, (value) => void seen.push(value));
  await condition(() => seen.length > 0);
  return seen;
}
