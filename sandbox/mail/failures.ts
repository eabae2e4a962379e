import { z } from 'zod';

/** What the next mails shall meet, set through `POST /_sandbox/fail`. */
export const failureSchema = z.strictObject({
  /**
   * A reply's code, such as 451 or 550. `hang`: no reply. `cut`: the connection breaks. `lost`: the mail is kept, but the connection breaks
   * before the reply (only at `data`). `slow`: done, replied to after `delayMs`.
   */
  with: z.union([z.int().min(400).max(599), z.enum(['hang', 'cut', 'lost', 'slow'])]),
  at: z.enum(['connect', 'auth', 'mail', 'rcpt', 'data']).default('data'),
  /** How many times. */
  next: z.int().min(1).max(10_000).default(1),
  /** With `rcpt`: only this address. */
  address: z.string().optional(),
  /** Text of the reply. */
  text: z.string().max(200).default('asked for'),
  delayMs: z.int().min(1).max(60_000).default(1_000),
});

export type Failure = z.output<typeof failureSchema>;

/** The failure that a step meets now, if any; counts it. */
export function takeFailure(failures: Failure[], at: Failure['at'], address?: string): Failure | undefined {
  const found = failures.find(
    (failure) => failure.next > 0 && failure.at === at && (failure.address ?? address) === address,
  );
  if (found) found.next--;
  return found;
}
