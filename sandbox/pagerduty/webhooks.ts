import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** https://developer.pagerduty.com/docs/webhooks-behavior */
const ANSWER_MS = 5_000;
const TRIES = 5;
const DROPS_UNTIL_DISABLED = 3;

export interface Subscription {
  url: string;
  /** Two while one takes over from the other. */
  secrets: string[];
  /** Sent along, e.g. a token of one's own. */
  headers?: Record<string, string>;
}

/** One webhook, however often it was tried. */
export interface Delivery {
  id: string;
  type: string;
  /** Status of each try, or why there was none. */
  tries: (number | string)[];
  outcome: 'pending' | 'delivered' | 'dropped';
}

/** One signature per secret, as `X-PagerDuty-Signature` has them. */
export const signatures = (body: string, secrets: string[]): string =>
  secrets.map((secret) => `v1=${createHmac('sha256', secret).update(body, 'utf8').digest('hex')}`).join(',');

/**
 * Delivers webhooks to one subscription as PagerDuty does: one after the other, five tries with growing pauses, a 2xx within 5 s or it
 * failed, no second try after 4xx but 429; three dropped in a row disable the subscription. What a receiver does wrong is a violation.
 */
export class Webhooks {
  private subscription: Subscription | undefined;
  private queue: Promise<void> = Promise.resolve();
  private dropsInARow = 0;
  private generation = 0;
  disabled = false;
  deliveries: Delivery[] = [];
  violations: string[] = [];

  /** `firstPauseMs`: before the second try, doubled each time; the vendor's five tries take 20 minutes. */
  constructor(private readonly firstPauseMs: number) {}

  subscribe(subscription: Subscription | undefined): void {
    this.subscription = subscription;
    this.disabled = false;
    this.dropsInARow = 0;
  }

  clear(): void {
    this.generation++;
    this.deliveries = [];
    this.violations = [];
    this.subscribe(undefined);
  }

  /** Puts a webhook into the queue. Does nothing without a subscription. */
  send(type: string, body: object): void {
    const { subscription, generation } = this;
    if (!subscription) return;
    const delivery: Delivery = { id: randomUUID(), type, tries: [], outcome: 'pending' };
    this.deliveries.push(delivery);
    const text = JSON.stringify(body);
    this.queue = this.queue.then(() => this.deliver(subscription, delivery, text, generation));
  }

  /** Sends one that was delivered before once more, as happens at times. */
  repeat(type: string, body: object, id: string): void {
    this.send(type, body);
    const last = this.deliveries.at(-1);
    if (last) last.id = id;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.queue;
  }

  private async deliver(to: Subscription, delivery: Delivery, body: string, generation: number): Promise<void> {
    let pause = this.firstPauseMs;
    for (let n = 0; n < TRIES && !this.disabled && generation === this.generation; n++) {
      if (n > 0) {
        await sleep(pause);
        pause *= 2;
      }
      const result = await this.attempt(to, delivery, body);
      delivery.tries.push(result);
      if (typeof result === 'number' && result >= 200 && result < 300) {
        delivery.outcome = 'delivered';
        this.dropsInARow = 0;
        return;
      }
      const permanent = typeof result === 'number' && result >= 300 && result < 500 && result !== 429;
      if (permanent) break;
    }
    delivery.outcome = 'dropped';
    if (this.disabled || generation !== this.generation) return;
    this.violations.push(`${delivery.type} was dropped: ${delivery.tries.join(', ')}`);
    if (++this.dropsInARow < DROPS_UNTIL_DISABLED) return;
    this.disabled = true;
    this.violations.push('the subscription was disabled after three dropped webhooks in a row');
  }

  private async attempt(to: Subscription, { id, type }: Delivery, body: string): Promise<number | string> {
    const started = performance.now();
    try {
      const response = await fetch(to.url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'PagerDuty-Webhook/V3.0',
          'x-webhook-id': id,
          'x-pagerduty-signature': signatures(body, to.secrets),
          ...to.headers,
        },
        body,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      if (performance.now() - started >= ANSWER_MS) {
        this.violations.push(`${type} got no answer within 5 s`);
        return 'timeout';
      }
      const { cause } = error as { cause?: { code?: string } };
      return cause?.code ?? 'no connection';
    }
  }
}
