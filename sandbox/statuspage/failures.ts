import { z } from 'zod';

/** What the next calls of the API shall meet, set through `POST /_sandbox/fail`. */
export const failureSchema = z.strictObject({
  /** A status to answer with. `hang`: no answer. `lost`: done, but the connection breaks before the answer. `garbage`: done, answered as HTML. */
  with: z.union([z.int().min(300).max(599), z.enum(['hang', 'lost', 'garbage'])]),
  /** How many calls. */
  next: z.int().min(1).max(10_000).default(1),
  /** Only calls of this method. */
  method: z.enum(['GET', 'POST', 'PATCH']).optional(),
  /** Sent along with the status, when given. */
  retryAfter: z.string().optional(),
});

export type Failure = z.output<typeof failureSchema>;

/** The failure that a call of `method` meets now, if any; counts it. */
export function takeFailure(failures: Failure[], method: string | undefined): Failure | undefined {
  const found = failures.find((failure) => failure.next > 0 && (failure.method ?? method) === method);
  if (found) found.next--;
  return found;
}
