const LONGEST_WAIT_S = 600;

/**
 * Seconds to wait by a Retry-After header (seconds, or a date; RFC 9110, 10.2.3), from 1 to 600; `otherwise` where it says nothing
 * usable. `now` in ms since the epoch.
 */
export function retryAfterSeconds(header: string | null, now: number, otherwise: number): number {
  const text = header?.trim() ?? '';
  const wanted = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  if (!Number.isFinite(wanted)) return otherwise;
  // Not less than a second: a retry at once would be counted against us again.
  return Math.min(Math.max(Math.ceil(wanted), 1), LONGEST_WAIT_S);
}
