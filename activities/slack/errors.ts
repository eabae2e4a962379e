import {
  ErrorCode,
  type WebAPIHTTPError,
  type WebAPIPlatformError,
  type WebAPIRateLimitedError,
  type WebAPIRequestError,
} from '@slack/web-api';
import { ApplicationFailure } from '@temporalio/common';
import { bounded } from '../secrets/redact.js';

/** What a person does about the refusals that no retry can cure. */
const CURES: Record<string, string> = {
  invalid_auth: 'the token is wrong or revoked; put a valid bot token where the reference points',
  not_authed: 'no token was sent; check the secret that the reference points at',
  account_inactive: 'the token belongs to a deleted user or workspace; install the app anew',
  token_revoked: 'the token was revoked; install the app anew',
  token_expired: 'the token has expired; rotate it',
  channel_not_found: 'use the id of an existing channel (a private one only after inviting the bot)',
  not_in_channel: 'invite the bot to the channel (/invite)',
  is_archived: 'the channel is archived; name another one',
  missing_scope: 'give the app the scope that it lacks and install it anew',
  no_permission: 'the token may not post there; check the app’s permissions',
  restricted_action: 'a workspace setting forbids the bot to post there',
  cannot_dm_bot: 'the member id is that of a bot; use a person’s',
  user_not_found: 'use the id of a member of this workspace (in their profile, Copy member ID)',
  user_disabled: 'the member was deactivated; name another person',
  invalid_blocks: 'the message breaks a limit of Slack; this is a defect of Belay',
  invalid_arguments: 'Slack does not understand the call; check the channel',
};

/** Slack's own faults, told with `ok: false` (https://docs.slack.dev/reference/methods/chat.postMessage#errors). */
const TRANSIENT = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);

/** Too much was sent, told with HTTP 200 and without a time to wait. */
const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);
const LIMITED_WAIT_S = 30;

type SlackError = WebAPIPlatformError | WebAPIRequestError | WebAPIHTTPError | WebAPIRateLimitedError;

/** Told by its code: the class may come from another copy of the library. */
function isSlackError(error: unknown): error is SlackError {
  const codes: unknown[] = [
    ErrorCode.PlatformError,
    ErrorCode.RequestError,
    ErrorCode.HTTPError,
    ErrorCode.RateLimitedError,
  ];
  return codes.includes((error as { code?: unknown } | null)?.code);
}

/** Slack's error code of a refusal, e.g. `missing_scope`; `undefined` for anything else. */
export function refusalCode(error: unknown): string | undefined {
  return isSlackError(error) && error.code === ErrorCode.PlatformError ? error.data.error : undefined;
}

/** Whether Slack asked to wait, by HTTP 429. */
export const isRateLimit = (error: unknown): boolean =>
  isSlackError(error) && error.code === ErrorCode.RateLimitedError;

/** Retried after `seconds`, by default because Slack asks for it. */
export function slackBusy(to: string, seconds: number, why?: string): ApplicationFailure {
  // Not less than a second: a retry at once would be counted against us again.
  const wait = Math.max(1, seconds);
  const message = `${to}: ${why ?? `Slack asks to wait ${wait} s`}.`;
  const nextRetryDelay = wait * 1000;
  return ApplicationFailure.create({ type: 'SlackRateLimited', message, nonRetryable: false, nextRetryDelay });
}

/** Final: a person must change something first. */
export function slackRefused(to: string, why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${to}: ${why}.`, 'SlackRefused');
}

/**
 * The failure that Temporal sees: a message of our own and no cause, so that no request, header or token travels with it.
 * `to` says where the message went, e.g. `Slack channel "ops"`. `SlackRateLimited` waits as long as Slack says, `SlackUnavailable` follows the retry policy, `SlackRefused` is final.
 */
export function slackFailure(error: unknown, to: string): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const retryable = (type: string, message: string) =>
    ApplicationFailure.create({ type, message, nonRetryable: false });
  if (!isSlackError(error)) {
    return retryable('SlackUnavailable', `${to}: ${bounded(error instanceof Error ? error.message : String(error))}`);
  }
  if (error.code === ErrorCode.RateLimitedError) return slackBusy(to, error.retryAfter);
  if (error.code === ErrorCode.HTTPError)
    return retryable('SlackUnavailable', `${to}: Slack answered HTTP ${error.statusCode}.`);
  if (error.code === ErrorCode.RequestError) {
    return retryable('SlackUnavailable', `${to}: Slack could not be reached: ${bounded(error.original.message)}.`);
  }
  const { error: code, response_metadata: more } = error.data;
  if (LIMITED.has(code)) return slackBusy(to, LIMITED_WAIT_S);
  if (TRANSIENT.has(code)) return retryable('SlackUnavailable', `${to}: Slack reports ${code}.`);
  const needed = (error.data as { needed?: unknown }).needed;
  const scope = typeof needed === 'string' ? ` (needed: ${bounded(needed, 80)})` : '';
  const details = more?.messages?.length ? ` ${bounded(more.messages.join(' '), 300)}` : '';
  const message = `${to}: Slack refuses with ${bounded(code, 60)}${scope}: ${CURES[code] ?? 'see the list of errors of chat.postMessage'}.${details}`;
  return ApplicationFailure.nonRetryable(message, 'SlackRefused');
}
