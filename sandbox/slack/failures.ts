import { z } from 'zod';

/** What the next calls of the Web API shall meet, set through `POST /_sandbox/fail`. */
export const failureSchema = z.strictObject({
  /**
   * `rateLimited`: 429 with Retry-After. `serverError`: 503. `hang`: no answer. `lost`: done, but the connection breaks before the answer.
   * `delay`: done, answered after `delayMs`. Else a Slack error code.
   */
  with: z.string().min(1),
  /** How many calls. */
  next: z.int().min(1).max(10_000).default(1),
  /** Only this method, e.g. `chat.postMessage`. */
  method: z.string().optional(),
  /** Only calls that name this channel, as they name it. */
  channel: z.string().optional(),
  retryAfterSeconds: z.int().min(0).max(3_600).default(1),
  delayMs: z.int().min(0).max(60_000).default(1_000),
});

export type Failure = z.output<typeof failureSchema>;

/** The failure that a call of `method` meets now, if any; counts it. */
export function takeFailure(failures: Failure[], method: string, channel: unknown): Failure | undefined {
  const found = failures.find(
    (failure) => failure.next > 0 && (failure.method ?? method) === method && (failure.channel ?? channel) === channel,
  );
  if (found) found.next--;
  return found;
}
