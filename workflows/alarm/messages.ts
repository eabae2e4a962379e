import { defineQuery, defineSignal } from '@temporalio/workflow';

/** What an alarm is about. */
export interface AlarmFacts {
  title: string;
  text: string;
  /** When the breach began, ISO: not when somebody looked. */
  since: string;
}

/** Query: what the alarm says now. */
export const alarmQuery = defineQuery<AlarmFacts & { reminders: number }>('alarm');

/** Whoever watches looked again, and it is still so. */
export const stillSignal = defineSignal<[AlarmFacts]>('still');

/** It is over. */
export const clearedSignal = defineSignal<[string]>('cleared');
