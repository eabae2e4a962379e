import type { Fetch } from '../http/request.js';
import { sendMailNotification } from '../mail/notify.js';
import { sendPagerdutyNotification } from '../pagerduty/notify.js';
import { bounded, boundedText } from '../secrets/redact.js';
import type { SecretResolver } from '../secrets/resolver.js';
import { slackClient, type SlackClientFor } from '../slack/client.js';
import { postNotification } from '../slack/notification.js';
import { showOnce } from '../statuspage/index.js';
import { heartbeating } from '../temporal/heartbeat.js';
import type { NotifyActivities } from '../types.js';
import { sendWebhookNotification } from '../webhook/notify.js';

type Message = Parameters<NotifyActivities['notify']>[0];
type Sent = Awaited<ReturnType<NotifyActivities['notify']>>;

export interface NotifyOptions {
  secrets: SecretResolver;
  /** Writes one structured line; pino's `logger.info` fits. */
  log: (fields: Record<string, unknown>, message: string) => void;
  /** A client for a bot token; tests and proxies bring their own. */
  slackClientFor?: SlackClientFor;
  /** For status pages, PagerDuty and webhooks. */
  fetch?: Fetch;
  /** `BELAY_SLACK_API_URL`, `BELAY_STATUSPAGE_API_URL` and `BELAY_PAGERDUTY_API_URL` are used where a channel names no `apiUrl`. The process's environment by default. */
  env?: Record<string, string | undefined>;
}

/**
 * Messages to people. Touches only the channel that it is given.
 *
 * `<Vendor>Refused` and `SecretUnresolved` are final and say what to do; `<Vendor>RateLimited` is retried after the time that the vendor
 * names; `<Vendor>Unavailable` is retried. Safe to repeat: see `postNotification` (Slack), `showOnce` (status page; also for what becomes
 * public), `sendPagerdutyNotification`, `sendMailNotification` and `sendWebhookNotification`. Log: one line at level info; a repeat writes it
 * again with the same key. No secret is ever part of a failure.
 */
export function createNotifyActivities(options: NotifyOptions): NotifyActivities {
  const { secrets, log } = options;
  const clientFor = options.slackClientFor ?? slackClient;
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const env = options.env ?? process.env;

  async function send({ channelName, channel, notification }: Message): Promise<Sent> {
    const { kind, key, title, text, workflowId } = notification;
    switch (channel.type) {
      case 'log':
        log(
          { notification: kind, channel: channelName, key, workflowId, text: boundedText(text, 3_000) },
          bounded(title),
        );
        return { delivered: true };
      case 'slack': {
        const token = await secrets.resolve(channel.token);
        const client = clientFor(token, channel.apiUrl ?? env['BELAY_SLACK_API_URL']);
        return postNotification(client, { channelName, channel: channel.channel }, notification);
      }
      case 'statuspage': {
        const token = await secrets.resolve(channel.token);
        const apiUrl = channel.apiUrl ?? env['BELAY_STATUSPAGE_API_URL'];
        return showOnce(fetch, { channelName, pageId: channel.pageId, token, apiUrl }, channel, notification);
      }
      case 'pagerduty':
        return sendPagerdutyNotification({ secrets, fetch, env }, channelName, channel, notification);
      case 'mail': {
        const { rejected, ...sent } = await sendMailNotification({ secrets }, channelName, channel, notification);
        if (rejected.length > 0)
          log({ channel: channelName, key, rejected }, 'The mail server refused some recipients');
        return sent;
      }
      case 'webhook':
        return sendWebhookNotification({ secrets, fetch }, channelName, channel, notification);
    }
  }

  return { notify: (message) => heartbeating(() => send(message)) };
}
