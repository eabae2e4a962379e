import { ApplicationFailure } from '@temporalio/common';
import type { Fetch } from '../http/request.js';
import { bounded, redact } from '../secrets/redact.js';
import type { SecretResolver } from '../secrets/resolver.js';
import { slackClient, type SlackClientFor } from '../slack/client.js';
import { postNotification } from '../slack/notification.js';
import { showOnce } from '../statuspage/index.js';
import { heartbeating } from '../temporal/heartbeat.js';
import type { NotifyActivities } from '../types.js';

export interface NotifyOptions {
  secrets: SecretResolver;
  /** Writes one structured line; pino's `logger.info` fits. */
  log: (fields: Record<string, unknown>, message: string) => void;
  /** A client for a bot token; tests and proxies bring their own. */
  slackClientFor?: SlackClientFor;
  /** For status pages. */
  fetch?: Fetch;
  /** `BELAY_SLACK_API_URL` and `BELAY_STATUSPAGE_API_URL` are used where a channel names no `apiUrl`. The process's environment by default. */
  env?: Record<string, string | undefined>;
}

/**
 * Messages to people. Touches only the channel that it is given.
 *
 * Slack: `SlackRefused` and `SecretUnresolved` are final and say what to do; `SlackRateLimited` is retried after the time that Slack
 * names; `SlackUnavailable` is retried. Safe to repeat: see `postNotification`. Status page: the same with `Statuspage…`; see `showOnce` for what
 * becomes public. Log: one line at level info; a repeat writes it again with the same key. No token is ever part of a failure.
 */
export function createNotifyActivities(options: NotifyOptions): NotifyActivities {
  const clientFor = options.slackClientFor ?? slackClient;
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const env = options.env ?? process.env;
  return {
    async notify({ channelName, channel, notification }) {
      const { kind, key, title, text, workflowId } = notification;
      if (channel.type === 'log') {
        options.log(
          { notification: kind, channel: channelName, key, workflowId, text: redact(text).slice(0, 3_000) },
          bounded(title),
        );
        return { delivered: true };
      }
      if (channel.type === 'pagerduty' || channel.type === 'mail' || channel.type === 'webhook') {
        throw ApplicationFailure.nonRetryable(
          `Channel "${channelName}": ${channel.type} cannot be told as a whole yet; name a Slack channel.`,
          'ChannelRefused',
        );
      }
      const token = await options.secrets.resolve(channel.token);
      if (channel.type === 'statuspage') {
        const apiUrl = channel.apiUrl ?? env['BELAY_STATUSPAGE_API_URL'];
        const access = { channelName, pageId: channel.pageId, token, apiUrl };
        return heartbeating(() => showOnce(fetch, access, channel, notification));
      }
      const client = clientFor(token, channel.apiUrl ?? env['BELAY_SLACK_API_URL']);
      return heartbeating(() => postNotification(client, { channelName, channel: channel.channel }, notification));
    },
  };
}
