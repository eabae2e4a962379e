import type { Logger } from 'pino';
import { TemporalAway } from '../../incidents/port.js';
import { allowedResponseUrl, line, respond } from './respond.js';
import { within } from '../within.js';

/** How long answers under way are waited for when the gateway stops. */
const drainMs = 5_000;

const notDone = 'Nothing was done: Belay cannot reach its Temporal server just now. Please try again in a moment.';
const wentWrong = 'Nothing was done: something went wrong in the gateway; its log says what.';

/** What became of a request: done now, done before, not done because Temporal is away, or failed. `text` is for the person. */
export interface Outcome {
  state: 'done' | 'repeat' | 'away' | 'failed';
  text: string | undefined;
}

/** Turns a failure into what the person is told. Never rejects. */
export async function outcomeOf(
  work: Promise<{ first: boolean; value: string | undefined }>,
  log: Logger,
): Promise<Outcome> {
  try {
    const { first, value } = await work;
    return { state: first ? 'done' : 'repeat', text: value };
  } catch (error) {
    log.warn({ kind: 'slack', error: line(error instanceof Error ? error.message : String(error)) }, 'Not done');
    return error instanceof TemporalAway ? { state: 'away', text: notDone } : { state: 'failed', text: wentWrong };
  }
}

/** Answers to `response_url`, some of them after the request was answered. */
export interface Answers {
  /** False when it was not delivered, or may not be delivered there. Never rejects. */
  tell(responseUrl: string | undefined, text: string, tries?: number): Promise<boolean>;
  /** Goes on beside the request. */
  beside(work: Promise<unknown>): void;
  /** Waits a while for what is under way. */
  drain(): Promise<void>;
}

/** Answers go to Slack's own host, or to that of one of `apiUrls`. */
export function createAnswers(apiUrls: readonly string[], log: Logger): Answers {
  const underWay = new Set<Promise<unknown>>();
  return {
    async tell(responseUrl, text, tries) {
      const url = allowedResponseUrl(responseUrl, apiUrls);
      if (url) return respond(url, text, tries);
      if (responseUrl !== undefined) log.warn({ kind: 'slack' }, 'A response_url of another host was not answered to');
      return false;
    },
    beside(work) {
      const watched = work.finally(() => underWay.delete(watched));
      underWay.add(watched);
    },
    async drain() {
      await within(Promise.allSettled(underWay), drainMs);
    },
  };
}
