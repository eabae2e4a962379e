import type { PageDelivery } from '../incident/types.js';
import { pageBody } from './body.js';
import { postWebhook, type WebhookDeps } from './client.js';
import { refused } from './errors.js';

/** Hands a person's pages to a webhook, such as that of a provider of SMS and calls. Failures and repeats: see `postWebhook`. */
export async function sendWebhookPage(deps: WebhookDeps, delivery: PageDelivery): Promise<{ reference?: string }> {
  const { channel, target } = delivery.contact;
  if (target.type !== 'webhook')
    throw refused(channel, `it is a channel of type ${target.type}; this is a defect of Belay`);
  const reference = await postWebhook(deps, channel, target, pageBody(delivery));
  return reference === undefined ? {} : { reference };
}
