import type { WebClient } from '@slack/web-api';
import type { IncidentView, RootMessage, TimelineEntry } from '../../workflows/incident/types.js';
import { refusalCode, slackFailure } from './errors.js';
import { incidentMessage } from './incidentMessage.js';
import type { Pace } from './pace.js';
import { postOnce, QUIET } from './post.js';
import { timelineMessage } from './timelineMessage.js';

/** The Slack channel that incidents are shown in, reached with a token of its own. */
export interface SlackBoard {
  client: WebClient;
  channelName: string;
  /** Name or id. */
  channel: string;
  /** Signs the buttons; without one there are none. */
  buttonKey: string | undefined;
  /** Called before each new message. */
  pace: Pace;
}

/** The message cannot be edited any more, whoever is to blame: somebody deleted it, it is too old, it is of another app. A new one takes its place. */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

/** An incident that has no message after so long may have one nevertheless: another activity posted it, and gave up before it knew. */
const NEW_MS = 120_000;

async function edited(
  client: WebClient,
  root: RootMessage,
  content: ReturnType<typeof incidentMessage>,
  to: string,
): Promise<boolean> {
  try {
    await client.chat.update({ channel: root.channel, ts: root.ts, ...content, ...QUIET });
    return true;
  } catch (error) {
    if (GONE.has(refusalCode(error) ?? '')) return false;
    throw slackFailure(error, to);
  }
}

/**
 * The one message of an incident: edits `root` in place, or posts it when there is none, it was deleted, or it stands in another channel.
 * Editing with the same content is no error. Throws what `slackFailure` makes.
 */
export async function showInSlack(
  board: SlackBoard,
  view: IncidentView,
  root: RootMessage | undefined,
): Promise<RootMessage> {
  const { client, channel, channelName, buttonKey, pace } = board;
  const to = `Slack channel "${channelName}"`;
  const content = incidentMessage(view, buttonKey);
  if (root?.channelName === channelName && (await edited(client, root, content, to))) return root;
  await pace(channel, to);
  // A later run of the same incident id is another incident.
  const key = `${view.incident}/${view.openedAt}`;
  const isOld = Date.now() - view.openedAt > NEW_MS;
  const target = { channel, to, instead: root?.ts, ...(root === undefined && isOld && { lookSince: view.openedAt }) };
  const { found, ...place } = await postOnce(client, target, { type: 'belay_incident', key }, () => content);
  const shown = { channelName, ...place };
  // What was found may show an earlier state.
  if (found) await edited(client, shown, content, to);
  return shown;
}

/** Entries of the timeline as one reply to `root`, once per key. Throws what `slackFailure` makes. */
export async function replyInSlack(
  { client, channelName, pace }: Pick<SlackBoard, 'client' | 'channelName' | 'pace'>,
  root: RootMessage,
  key: string,
  entries: TimelineEntry[],
): Promise<void> {
  const to = `Slack channel "${channelName}"`;
  await pace(root.channel, to);
  const target = { channel: root.channel, thread: root.ts, to };
  await postOnce(client, target, { type: 'belay_timeline', key }, () => timelineMessage(entries));
}
