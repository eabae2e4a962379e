import type { Channel } from '../../systems/schema.js';
import type { EvidenceStore } from '../evidence/index.js';
import { bounded } from '../secrets/redact.js';
import type { SecretResolver } from '../secrets/resolver.js';
import type { SlackBoard } from '../slack/board.js';
import { slackClient, type SlackClientFor } from '../slack/client.js';
import { awaitTurn, type Pace } from '../slack/pace.js';
import { heartbeating } from '../temporal/heartbeat.js';
import { saveTimelinePart } from './timeline.js';
import type { IncidentBoardActivities } from './types.js';

export interface IncidentBoardOptions {
  secrets: SecretResolver;
  evidence: EvidenceStore;
  /** Writes one structured line. */
  log: (fields: Record<string, unknown>, message: string) => void;
  slackClientFor?: SlackClientFor;
  /** Spaces new messages to a Slack channel; about one per second by default. */
  pace?: Pace;
  /** `BELAY_SLACK_API_URL` is used where a channel names no `apiUrl`. The process's environment by default. */
  env?: Record<string, string | undefined>;
}

type SlackChannel = Extract<Channel, { type: 'slack' }>;

/**
 * Where people see an incident. Slack: `SlackRefused` and `SecretUnresolved` are final and say what to do, `SlackRateLimited` is
 * retried when Slack says or the channel's turn comes, `SlackUnavailable` by the policy; a message is looked for before it is posted again.
 * Evidence: see `saveTimelinePart`. No token is ever part of a failure.
 */
export function createIncidentActivities(options: IncidentBoardOptions): IncidentBoardActivities {
  const { secrets, evidence, log, slackClientFor = slackClient, pace = awaitTurn, env = process.env } = options;

  async function boardOf(channelName: string, channel: SlackChannel): Promise<SlackBoard> {
    const { buttonKeys } = await import('../slack/buttonValue.js');
    const [token, [buttonKey]] = await Promise.all([secrets.resolve(channel.token), buttonKeys(secrets)]);
    const client = slackClientFor(token, channel.apiUrl ?? env['BELAY_SLACK_API_URL']);
    return { client, channelName, channel: channel.channel, buttonKey, pace };
  }

  return {
    async showIncident({ channelName, channel, view, root }) {
      const { incident, severity, phase, level, title } = view;
      if (channel.type !== 'slack') {
        log({ channel: channelName, incident, severity, phase, level }, bounded(title));
        return {};
      }
      const { showInSlack } = await import('../slack/board.js');
      const board = await boardOf(channelName, channel);
      return { root: await heartbeating(() => showInSlack(board, view, root)) };
    },

    async postTimeline({ channelName, channel, root, key, entries }) {
      if (channel.type !== 'slack') {
        log({ channel: channelName, key, entries: entries.length }, bounded(entries.at(-1)?.text ?? 'nothing new'));
        return;
      }
      const { replyInSlack } = await import('../slack/board.js');
      const board = await boardOf(channelName, channel);
      await heartbeating(() => replyInSlack(board, root, key, entries));
    },

    saveTimeline: (part) => saveTimelinePart(evidence, part),
  };
}
