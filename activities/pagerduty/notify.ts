import type { Notification } from '../types.js';
import { pagerdutySender, type PagerdutyChannel, type PagerdutyDeps } from './client.js';
import { notificationEvent } from './event.js';

/**
 * Tells a PagerDuty service: `page`, `failure`, `rollback` and `start` open the alert of their topic or run or add to it, `end` resolves it
 * unless it is `ongoing`. Safe to repeat, by the same `dedup_key`. Failures: see `pagerdutySender`.
 */
export async function sendPagerdutyNotification(
  deps: PagerdutyDeps,
  channelName: string,
  channel: PagerdutyChannel,
  notification: Notification,
): Promise<{ delivered: boolean; reference?: string }> {
  const event = notificationEvent(notification);
  if (event === undefined) return { delivered: true };
  const send = await pagerdutySender(deps, channelName, channel);
  await send(event);
  return { delivered: true, reference: event.dedup_key };
}
