import { verifyMail } from '../../activities/mail/verify.js';
import type { SecretResolver } from '../../activities/secrets/index.js';
import type { Channel, System } from '../../systems/schema.js';
import { attempt, type Check } from './check.js';
import { outsideWorker } from './outsideWorker.js';
import { checkReachable } from './reachable.js';

const limitMs = 15_000;
const connectMs = 5_000;
const routingKeyLength = 32;

type Finding = Pick<Check, 'level' | 'detail'> & { cure?: string };

/** What is wrong with one channel, or that nothing is. Secrets are looked up, never shown; only mail servers are shown theirs. */
async function inspect(name: string, channel: Channel, secrets: SecretResolver): Promise<Finding> {
  switch (channel.type) {
    case 'log':
      return { level: 'ok', detail: 'the worker writes it into its log' };
    case 'slack':
      await secrets.resolve(channel.token);
      return { level: 'ok', detail: `slack ${channel.channel}, token present` };
    case 'statuspage':
      await secrets.resolve(channel.token);
      return { level: 'ok', detail: `statuspage ${channel.pageId}, token present` };
    case 'pagerduty': {
      const { length } = (await secrets.resolve(channel.routingKey)).trim();
      const url = channel.apiUrl ?? process.env['BELAY_PAGERDUTY_API_URL'] ?? 'https://events.pagerduty.com';
      await checkReachable(url, connectMs);
      const { host } = new URL(url);
      if (length === routingKeyLength) return { level: 'ok', detail: `pagerduty at ${host}, integration key present` };
      return {
        level: 'bad',
        detail: `pagerduty: the integration key has ${length} characters, not ${routingKeyLength}`,
        cure: 'put the key of an Events API v2 integration where `routingKey` points',
      };
    }
    case 'mail':
      await verifyMail({ secrets }, name, channel);
      return { level: 'ok', detail: `mail by ${channel.host}:${channel.port}, ${loginOf(channel)}` };
    case 'webhook': {
      await secrets.resolve(channel.secret);
      await checkReachable(channel.url, connectMs);
      const { protocol, hostname, host } = new URL(channel.url);
      if (protocol === 'https:' || isLoopback(hostname))
        return { level: 'ok', detail: `webhook at ${host}, secret present` };
      return {
        level: 'warn',
        detail: `webhook at ${host}: names, numbers and texts travel readable`,
        cure: 'use an https:// URL',
      };
    }
  }
}

const loginOf = ({ user }: { user?: string | undefined }): string =>
  user === undefined ? 'no login' : `login as ${user} works`;

const isLoopback = (hostname: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** Whether each channel's secret is there and its server answers. Nobody gets a message. */
export async function checkChannels(
  area: string,
  { channels }: Pick<System, 'channels'>,
  secrets: SecretResolver,
): Promise<Check[]> {
  const checks = Object.entries(channels).map(([channel, described]) => {
    const name = `channel ${channel}`;
    return attempt(area, name, async () => ({
      ...{ area, name },
      ...(await outsideWorker(limitMs, () => inspect(channel, described, secrets))),
    }));
  });
  return (await Promise.all(checks)).flat();
}
