import { LogLevel, WebClient, type Logger } from '@slack/web-api';

/** The library logs nothing: what matters comes back as a failure, and its log lines may hold request bodies. */
const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** Makes a client for a bot token; `apiUrl` undefined is Slack itself. Tests and proxies bring their own. */
export type SlackClientFor = (token: string, apiUrl: string | undefined) => WebClient;

/**
 * One attempt per call and no queue behind a rate limit: Temporal retries, sees why, and other messages do not wait behind this one.
 * A client holds no connection of its own, so each activity makes one: what an update meets can never hold up a page.
 */
export function slackClient(token: string, slackApiUrl: string | undefined, timeout = 10_000): WebClient {
  return new WebClient(token, {
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout,
    logger: silent,
    allowAbsoluteUrls: false,
  });
}

/** A try of a page has ten seconds, in which a retry looks for an earlier message and then posts. */
export const pageClient: SlackClientFor = (token, apiUrl) => slackClient(token, apiUrl, 4_000);
