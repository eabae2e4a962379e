import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { bounded } from '../secrets/redact.js';
import { slackClient } from '../slack/client.js';
import { nextBusinessTime } from './businessHours.js';
import { resolve } from './resolve.js';
import type { SourceOptions } from './sources.js';
import type { OncallActivities, OncallPerson, Page } from './types.js';

export type OncallOptions = Pick<SourceOptions, 'secrets'> &
  Partial<SourceOptions> & {
    /** Client for the namespace in which the pagers run. */
    temporal: () => Client;
  };

/** Deadline of one call. */
const CALL_MS = 5_000;
const MAX_TEXT = 2_000;

const pagerId = (system: string, person: string): string => `pager/${system}/${person}`;

/**
 * Who is on call, and their pagers. Touches the outside sources of rotas (reading) and the workflows `pager/<system>/<person>`.
 *
 * A source that is away, a person who cannot be reached: a sentence in `empty`, never a failure. A pager that could not be told is `TemporalUnavailable`,
 * retried; safe to repeat, since a pager takes a page of one key once, and one that does not run needs no recall.
 */
export function createOncallActivities(given: OncallOptions): OncallActivities {
  const options = {
    fetch: (url: string, init: RequestInit) => globalThis.fetch(url, init),
    slackClientFor: (token: string, apiUrl: string | undefined) => slackClient(token, apiUrl),
    env: process.env,
    ...given,
  };
  return {
    resolveTargets: (input) => resolve(options, input),

    nextBusinessTime: ({ hours, at }) => Promise.resolve(nextBusinessTime(hours, at)),

    async pageTargets({ snapshot, targets, at, page }) {
      const resolved = await resolve(options, { snapshot, targets, at });
      const { taskQueue } = Context.current().info;
      const client = options.temporal();
      await all(resolved.people, (person) => hand(client, taskQueue, snapshot.system, person, page));
      return resolved;
    },

    async recallPages({ system, people, incident, why, keep, at }) {
      const client = options.temporal();
      const recall = { incident, why: bounded(why), ...(keep ? { keep } : {}), ...(at === undefined ? {} : { at }) };
      await all(
        people.map((id) => ({ id })),
        async ({ id }) => {
          try {
            await client.withDeadline(Date.now() + CALL_MS, () =>
              client.workflow.getHandle(pagerId(system, id)).signal('recall', recall),
            );
          } catch (error) {
            if (!(error instanceof WorkflowNotFoundError)) throw error;
          }
        },
      );
    },
  };
}

/** The person's own page in their pager, which is started if it does not run. */
async function hand(
  client: Client,
  taskQueue: string,
  system: string,
  person: OncallPerson,
  page: Page,
): Promise<void> {
  const own = { ...page, key: `${page.key}/${person.id}`, text: page.text.slice(0, MAX_TEXT) };
  await client.withDeadline(Date.now() + CALL_MS, () =>
    client.workflow.signalWithStart('pager', {
      workflowId: pagerId(system, person.id),
      taskQueue,
      args: [{ system, person: person.id }],
      signal: 'page',
      signalArgs: [{ page: own, person }],
      staticSummary: `Pages of ${person.person.name}`,
      priority: { priorityKey: 1 },
    }),
  );
}

/** Every one is tried, whatever becomes of the others. */
async function all<T extends { id: string }>(people: T[], tell: (person: T) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(people.map(tell));
  const failed = outcomes.flatMap((outcome, n) =>
    outcome.status === 'rejected' ? [{ id: people[n]?.id ?? '', reason: outcome.reason as unknown }] : [],
  );
  const [first] = failed;
  if (first === undefined) return;
  const why = first.reason instanceof Error ? first.reason.message : String(first.reason);
  throw ApplicationFailure.create({
    type: 'TemporalUnavailable',
    message: `The pager of ${failed.map(({ id }) => id).join(', ')} could not be told: ${bounded(why)}`,
    nonRetryable: false,
  });
}
