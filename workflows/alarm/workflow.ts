import { condition, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { System } from '../../systems/schema.js';
import { Notifier } from '../kit/notifier.js';
import { type AlarmFacts, alarmQuery, clearedSignal, stillSignal } from './messages.js';

/** Between two pages about the same breach. */
const REMIND_MS = 4 * 3_600_000;

export interface AlarmInput extends AlarmFacts {
  system: System;
  /** Pages sent before this run continued an earlier one. */
  reminders?: number;
  /** When the next page is due, ms since the epoch. */
  nextAt?: number;
}

const hours = (ms: number): string => {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
};

/**
 * One breach, from its finding to its end. Its id is the breach, which the server lets exist once: whoever finds it again
 * tells it by signal, and nobody is paged twice. Pages at once, then every four hours, each time with how long it has lasted.
 */
export async function alarm(input: AlarmInput): Promise<{ since: string; cleared: string; lastedMs: number }> {
  let facts: AlarmFacts = { title: input.title, text: input.text, since: input.since };
  const state: { cleared?: string } = {};
  let reminders = input.reminders ?? 0;
  const lasted = () => Date.now() - Date.parse(facts.since);
  const show = () =>
    setCurrentDetails(`**${facts.title}**\n\n${facts.text}\n\nSince ${facts.since} (${hours(lasted())})`);
  setHandler(alarmQuery, () => ({ ...facts, reminders }), { description: 'What the alarm says now.' });
  setHandler(
    stillSignal,
    (seen) => {
      facts = { ...seen, since: facts.since };
      show();
    },
    { description: 'Still so. Sent by whoever watches.' },
  );
  setHandler(
    clearedSignal,
    (why) => {
      state.cleared = why;
    },
    { description: 'It is over. Sent by whoever watches; a person may send it too.' },
  );
  const notifier = new Notifier();
  let nextAt = input.nextAt ?? Date.now();
  show();
  while (state.cleared === undefined) {
    if (Date.now() >= nextAt) {
      notifier.send(input.system, 'page', facts.title, `${facts.text}\nFor ${hours(lasted())}, since ${facts.since}.`);
      reminders += 1;
      nextAt += REMIND_MS;
    }
    await condition(
      () => state.cleared !== undefined || workflowInfo().continueAsNewSuggested,
      Math.max(1, nextAt - Date.now()),
      { summary: 'Next reminder' },
    );
    if (state.cleared === undefined && workflowInfo().continueAsNewSuggested) {
      await notifier.drain();
      await continueAsNew<typeof alarm>({ ...input, ...facts, reminders, nextAt });
    }
  }
  const { cleared } = state;
  const result = { since: facts.since, cleared, lastedMs: lasted() };
  notifier.send(input.system, 'end', `Over: ${facts.title}`, `${cleared}\nIt lasted ${hours(result.lastedMs)}.`);
  await notifier.drain();
  return result;
}
