import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { APP_ID, BOT, memberOf, type SlackMessage, type Workspace } from './workspace.js';

const sending = {
  /** Sent again so often unless it is answered in time. */
  retries: z.int().min(0).max(3).optional(),
  pauseMs: z.int().min(0).max(60_000).optional(),
  /** For tests of the app: signed as if at this time (ms), with these headers instead. */
  signedAt: z.int().optional(),
  headers: z.record(z.string(), z.string()).optional(),
};

/** A person presses a button of a message. */
export const pressSchema = z.strictObject({
  user: z.string(),
  team: z.string().default(BOT.team_id),
  channel: z.string(),
  ts: z.string(),
  action: z.string().describe('action_id of the button'),
  /** Which of several buttons with that id: the part that its value or label contains; the first when left out. */
  containing: z.string().optional(),
  /** For tests of the app: what a forger would send instead. */
  value: z.string().optional(),
  ...sending,
});

/** A person types a slash command. */
export const commandSchema = z.strictObject({
  user: z.string(),
  team: z.string().default(BOT.team_id),
  channel: z.string(),
  command: z.string().regex(/^\/[a-z][\w-]{0,31}$/),
  text: z.string().default(''),
  ...sending,
});

export type Press = z.input<typeof pressSchema>;
export type SlashCommand = z.input<typeof commandSchema>;

interface Button {
  type: 'button';
  action_id?: string;
  value?: string;
  text: { text: string };
  [field: string]: unknown;
}

interface Block {
  block_id?: string;
  accessory?: Button;
  elements?: Button[];
}

/** Every button of a message, with the block that it is in; Slack names blocks that have no name. */
export function buttonsOf({ blocks }: SlackMessage): { blockId: string; button: Button }[] {
  if (!Array.isArray(blocks)) return [];
  return (blocks as Block[]).flatMap(({ block_id: id, accessory, elements = [] }, index) =>
    [...(accessory ? [accessory] : []), ...elements]
      .filter(({ type }) => type === 'button')
      .map((button) => ({ blockId: id ?? `block${index}`, button })),
  );
}

const trigger = (): string => `${Date.now()}.${randomBytes(6).toString('hex')}`;

const stamp = (): string => (Date.now() / 1000).toFixed(6);

/** The `block_actions` payload: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload. Throws when there is no such button. */
export function pressPayload(workspace: Workspace, press: z.output<typeof pressSchema>, responseUrl: string): object {
  const { user, team, channel, ts, action, containing, value } = press;
  const message = workspace.messages.find((one) => one.channel === channel && one.ts === ts);
  if (!message) throw new Error(`there is no message ${ts} in ${channel}`);
  const wanted = ({ button }: { button: Button }) =>
    button.action_id === action &&
    (containing === undefined || `${button.value ?? ''}\n${button.text.text}`.includes(containing));
  const found = buttonsOf(message).find(wanted);
  if (!found) throw new Error(`message ${ts} has no button ${action}${containing ? ` with ${containing}` : ''}`);
  const name = memberOf(workspace, user)?.name ?? user;
  const { confirm: _, ...button } = found.button;
  return {
    type: 'block_actions',
    user: { id: user, username: name, name, team_id: team },
    api_app_id: APP_ID,
    token: 'deprecated',
    container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
    trigger_id: trigger(),
    team: { id: team, domain: 'belay' },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channel, name: workspace.channels.find(({ id }) => id === channel)?.name ?? 'directmessage' },
    message: { type: 'message', ...BOT, ...message },
    state: { values: {} },
    response_url: responseUrl,
    actions: [{ ...button, block_id: found.blockId, action_ts: stamp(), ...(value === undefined ? {} : { value }) }],
  };
}

/** The fields of a slash command: https://docs.slack.dev/interactivity/implementing-slash-commands */
export function commandForm(
  workspace: Workspace,
  { user, team, channel, command, text }: z.output<typeof commandSchema>,
  responseUrl: string,
): URLSearchParams {
  return new URLSearchParams({
    token: 'deprecated',
    team_id: team,
    team_domain: 'belay',
    channel_id: channel,
    channel_name: workspace.channels.find(({ id }) => id === channel)?.name ?? 'directmessage',
    user_id: user,
    user_name: memberOf(workspace, user)?.name ?? user,
    command,
    text,
    api_app_id: APP_ID,
    is_enterprise_install: 'false',
    response_url: responseUrl,
    trigger_id: trigger(),
  });
}
