import { z } from 'zod';

/** What the next calls of the Web API shall meet, set through `POST /_sandbox/fail`. */
export const failureSchema = z.strictObject({
  /** `rateLimited`: 429 with Retry-After. `serverError`: 503. `hang`: no answer. `lost`: done, but the connection breaks before the answer. Else a Slack error code. */
  with: z.string().min(1),
  /** How many calls. */
  next: z.int().min(1).max(10_000).default(1),
  /** Only this method, e.g. `chat.postMessage`. */
  method: z.string().optional(),
  retryAfterSeconds: z.int().min(0).max(3_600).default(1),
});

export type Failure = z.output<typeof failureSchema>;

/** The failure that a call of `method` meets now, if any; counts it. */
export function takeFailure(failures: Failure[], method: string): Failure | undefined {
  const found = failures.find((failure) => failure.next > 0 && (failure.method ?? method) === method);
  if (found) found.next--;
  return found;
}
