import type { Channel } from '../../systems/schema.js';

/** A file that must lie on Alertmanager's machine, and what has to be in it. Never the secret itself. */
export interface SecretFile {
  file: string;
  holds: string;
}

export interface Receiver {
  config: Record<string, unknown>;
  files: SecretFile[];
}

const FOLDER = '/etc/alertmanager/secrets';

/** The gateway: a webhook with a bearer token from a file. */
export function gatewayReceiver(
  gateway: { url: string; credentialsFile: string },
  source: string,
  token: string,
): Receiver {
  return {
    config: {
      name: 'belay',
      webhook_configs: [
        {
          url: `${gateway.url.replace(/\/+$/, '')}/alertmanager/${source}`,
          send_resolved: true,
          // No member of a group may be left out: what is missing would never be known as resolved.
          max_alerts: 0,
          http_config: { authorization: { type: 'Bearer', credentials_file: gateway.credentialsFile } },
        },
      ],
    },
    files: [{ file: gateway.credentialsFile, holds: token }],
  };
}

/** A channel as Alertmanager reaches it by itself, or why it cannot. Secrets are files, named after the channel. */
export function channelReceiver(name: string, channel: Channel): Receiver | string {
  switch (channel.type) {
    case 'pagerduty': {
      const file = `${FOLDER}/${name}-routing-key`;
      return {
        config: { name, pagerduty_configs: [{ routing_key_file: file, send_resolved: true }] },
        files: [{ file, holds: channel.routingKey }],
      };
    }
    case 'slack': {
      const file = `${FOLDER}/${name}-token`;
      const slack = {
        api_url: `${(channel.apiUrl ?? 'https://slack.com/api').replace(/\/+$/, '')}/chat.postMessage`,
        channel: channel.channel,
        send_resolved: true,
        http_config: { authorization: { type: 'Bearer', credentials_file: file } },
      };
      return { config: { name, slack_configs: [slack] }, files: [{ file, holds: channel.token }] };
    }
    case 'mail':
      return mailReceiver(name, channel);
    default:
      return `Alertmanager cannot send to ${name}, a channel of type ${channel.type}; take one of type slack, pagerduty or mail, or \`belay\``;
  }
}

function mailReceiver(name: string, channel: Extract<Channel, { type: 'mail' }>): Receiver | string {
  if (channel.to.length === 0) return `channel ${name} has nobody in \`to\`, so no mail can go to it as a whole`;
  const file = `${FOLDER}/${name}-password`;
  const { user, password } = channel;
  const mail = {
    to: channel.to.join(', '),
    from: channel.from,
    smarthost: `${channel.host}:${channel.port}`,
    send_resolved: true,
    // On port 465 Alertmanager speaks TLS from the start, whatever this says.
    require_tls: channel.security !== 'none',
    ...(user !== undefined && { auth_username: user }),
    ...(password !== undefined && { auth_password_file: file }),
  };
  return {
    config: { name, email_configs: [mail] },
    files: password === undefined ? [] : [{ file, holds: password }],
  };
}
