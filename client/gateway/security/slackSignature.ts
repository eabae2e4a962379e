import { signatureBytes, signedByAny } from './digest.js';

/** Slack's own advice; it also bounds how long a signature has to be remembered. */
export const slackFreshnessSeconds = 300;

/** `missing`: a header is not there; `malformed`: it is not what Slack sends; `stale`: too old or from the future; `wrong`: no secret gives it. */
export type SlackVerdict = { genuine: true } | { genuine: false; reason: 'missing' | 'malformed' | 'stale' | 'wrong' };

export interface SlackSigned {
  /** Exactly the bytes that came, before any parser. */
  rawBody: Buffer;
  /** `X-Slack-Signature`. */
  signature: string | undefined;
  /** `X-Slack-Request-Timestamp`, seconds since the epoch. */
  timestamp: string | undefined;
}

/**
 * Checks a request as Slack signs it (`v0`): HMAC-SHA256 of `v0:<timestamp>:<body>`. The time stamp has to be a whole number, at most
 * five minutes away from `nowMs` in either direction. More than one secret: while one takes over from the other.
 */
export function verifySlack(request: SlackSigned, secrets: readonly string[], nowMs: number): SlackVerdict {
  const { rawBody, signature, timestamp } = request;
  if (!signature || !timestamp) return { genuine: false, reason: 'missing' };
  const bytes = signature.startsWith('v0=') ? signatureBytes(signature.slice(3)) : undefined;
  // Digits only: no sign, fraction, exponent or blank that a lenient parser would let through.
  if (!bytes || !/^[1-9]\d{0,14}$/.test(timestamp)) return { genuine: false, reason: 'malformed' };
  if (Math.abs(nowMs - Number(timestamp) * 1000) > slackFreshnessSeconds * 1000)
    return { genuine: false, reason: 'stale' };
  return signedByAny([`v0:${timestamp}:`, rawBody], secrets, [bytes])
    ? { genuine: true }
    : { genuine: false, reason: 'wrong' };
}
