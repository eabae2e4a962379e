import type { Notification } from '../types.js';
import { notificationBody } from './body.js';
import { postWebhook, type WebhookChannel, type WebhookDeps } from './client.js';

/** Tells a webhook as a whole. Failures and repeats: see `postWebhook`. */
export async function sendWebhookNotification(
  deps: WebhookDeps,
  channelName: string,
  channel: WebhookChannel,
  notification: Notification,
): Promise<{ delivered: boolean; reference?: string }> {
  const reference = await postWebhook(deps, channelName, channel, notificationBody(channelName, notification));
  return { delivered: true, ...(reference === undefined ? {} : { reference }) };
}
