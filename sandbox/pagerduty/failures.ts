import { z } from 'zod';

/** What the next calls of the APIs shall meet, set through `POST /_sandbox/fail`. */
export const failureSchema = z.strictObject({
  /**
   * A status to answer with. `hang`: no answer. `lost`: done, but the connection breaks before the answer. `garbage`: done, answered as
   * HTML. `slow`: done, answered after `delayMs`.
   */
  with: z.union([z.int().min(300).max(599), z.enum(['hang', 'lost', 'garbage', 'slow'])]),
  /** How many calls. */
  next: z.int().min(1).max(10_000).default(1),
  /** Only calls of this path, e.g. `/v2/enqueue`. */
  path: z.string().optional(),
  /** Sent along with the status, when given. */
  retryAfter: z.string().optional(),
  delayMs: z.int().min(1).max(60_000).default(1_000),
});

export type Failure = z.output<typeof failureSchema>;

/** The failure that a call of `path` meets now, if any; counts it. */
export function takeFailure(failures: Failure[], path: string): Failure | undefined {
  const found = failures.find((failure) => failure.next > 0 && (failure.path ?? path) === path);
  if (found) found.next--;
  return found;
}
