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

/**
 * One attempt per call and no queue behind a rate limit: Temporal retries, sees why, and other messages do not wait behind this one.
 */
export function slackClient(token: string, slackApiUrl: string | undefined): WebClient {
  return new WebClient(token, {
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logger: silent,
    allowAbsoluteUrls: false,
  });
}
