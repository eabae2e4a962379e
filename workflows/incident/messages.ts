import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RunStatus } from '../kit/types.js';
import type { Action, ActionAnswer, ActionName, IncidentEvent, IncidentView, TimelineEntry } from './types.js';

/** The one signal: alerts, outcomes of pages, and actions of bots that do not wait for an answer. */
export const eventSignal = defineSignal<[IncidentEvent]>('event');

/** An action as people send it: `type` is the update's name, and `actor` may be a plain name from the UI or the CLI. */
export type ActionPayload = Omit<Record<string, unknown>, 'type'> & { actor: Action['actor'] | string };

export const actionUpdate = (name: ActionName) => defineUpdate<ActionAnswer, [ActionPayload]>(name);

/** Where the incident stands; no view of it before its input is resolved, nor of a dry run. */
export const statusQuery = defineQuery<RunStatus & { incident?: IncidentView }>('status');

/** The newest entries of the timeline, and where the older ones are kept. */
export const timelineQuery = defineQuery<{ entries: TimelineEntry[]; stored: string[] }>('timeline');
