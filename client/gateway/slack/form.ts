import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GatewayError } from '../errors.js';

const slackId = z.string().regex(/^[A-Z0-9]{2,40}$/);
const team = z.object({ id: slackId });

/** What of a press of a button counts; Slack sends more. */
const pressSchema = z.object({
  type: z.literal('block_actions'),
  team: team.nullish(),
  enterprise: team.nullish(),
  user: z.object({ id: slackId, team_id: slackId.optional() }),
  actions: z
    .array(
      z.object({
        action_id: z.string().min(1).max(255),
        action_ts: z.string().min(1).max(40),
        value: z.string().max(2_000).optional(),
      }),
    )
    .length(1),
  response_url: z.string().max(500).optional(),
});

const interactionSchema = z.discriminatedUnion('type', [
  pressSchema,
  ...(['view_submission', 'view_closed', 'shortcut', 'message_action', 'block_suggestion'] as const).map((type) =>
    z.object({ type: z.literal(type) }),
  ),
]);

const commandSchema = z.object({
  command: z.string().min(1).max(40),
  text: z.string().max(4_000).default(''),
  team_id: slackId,
  enterprise_id: slackId.optional(),
  user_id: slackId,
  trigger_id: z.string().min(1).max(200),
  response_url: z.string().max(500).optional(),
});

/** Who acts in Slack, and in which workspace. */
export interface SlackUser {
  team?: string;
  user: string;
}

export interface Press extends SlackUser {
  action: string;
  value: string;
  requestId: string;
  responseUrl?: string;
}

export interface TypedCommand extends SlackUser {
  command: string;
  text: string;
  requestId: string;
  responseUrl?: string;
}

const sha256 = (...parts: string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

const malformed = (what: string): GatewayError =>
  new GatewayError(400, 'INVALID', `This is not ${what} as Slack sends it.`, 'invalid');

function json(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * The press of a button; `undefined` for other interactions, of which nothing is done. The request id is made of what stays the same when
 * Slack sends it again. Throws `GatewayError` 400, also when there is not exactly one action.
 */
export function parseInteraction(form: URLSearchParams): Press | undefined {
  const parsed = interactionSchema.safeParse(json(form.get('payload')));
  if (!parsed.success) throw malformed('an interaction');
  if (!('actions' in parsed.data)) return undefined;
  const { team: workspace, enterprise, user, actions, response_url: responseUrl } = parsed.data;
  const [action] = actions;
  if (!action) return undefined;
  // Somebody of another workspace, in a shared channel, presses under the name of that workspace's team.
  const isGuest = !enterprise && user.team_id !== undefined && user.team_id !== workspace?.id;
  const teamId = isGuest ? user.team_id : workspace?.id;
  return {
    ...(teamId !== undefined && { team: teamId }),
    user: user.id,
    action: action.action_id,
    value: action.value ?? '',
    requestId: sha256('press', teamId ?? '', user.id, action.action_ts, action.action_id),
    ...(responseUrl !== undefined && { responseUrl }),
  };
}

/** A slash command. Throws `GatewayError` 400. */
export function parseCommandForm(form: URLSearchParams): TypedCommand {
  const parsed = commandSchema.safeParse(Object.fromEntries(form));
  if (!parsed.success) throw malformed('a command');
  const { command, text, team_id: teamId, user_id: user, trigger_id: trigger, response_url: url } = parsed.data;
  return {
    team: teamId,
    user,
    command,
    text: text.trim(),
    requestId: sha256('command', teamId, user, trigger, text),
    ...(url !== undefined && { responseUrl: url }),
  };
}
