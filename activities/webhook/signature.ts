import { createHmac } from 'node:crypto';

/**
 * Value of the header `Belay-Signature`: `t=<seconds since the epoch>,v1=<hex HMAC-SHA256 of "t.body">`. The time is signed, so that a
 * receiver can refuse what was recorded earlier. `now` in ms.
 */
export function webhookSignature(secret: string, body: string, now: number): string {
  const t = Math.floor(now / 1000);
  const mac = createHmac('sha256', secret).update(`${t}.${body}`, 'utf8').digest('hex');
  return `t=${t},v1=${mac}`;
}
