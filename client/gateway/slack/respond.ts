import { inert } from '../../../activities/slack/text.js';

/** Slack's own; nobody can make the gateway call another host. */
const slackHost = 'hooks.slack.com';
const timeoutMs = 3_000;

/** The body of a message that only the person who asked sees, and that leaves the message with the button as it is. */
export const ephemeral = (text: string): { response_type: 'ephemeral'; replace_original: false; text: string } => ({
  response_type: 'ephemeral',
  replace_original: false,
  text,
});

/** One line of ours with text of others in it that can mention or link nothing. */
export const line = (text: string): string => inert(text, 600);

/**
 * The address, if answers may be posted to it: https at hooks.slack.com, or exactly the host of an API address that the operator configured
 * (sandboxes, proxies). `undefined` otherwise.
 */
export function allowedResponseUrl(url: string | undefined, apiUrls: readonly string[]): URL | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') return undefined;
  if (parsed.protocol === 'https:' && parsed.host === slackHost) return parsed;
  const configured = apiUrls.filter((api) => URL.canParse(api)).map((api) => new URL(api));
  return configured.some(({ protocol, host }) => protocol === parsed.protocol && host === parsed.host)
    ? parsed
    : undefined;
}

/** Posts an ephemeral answer; a second time if the first did not arrive. False when it could not be delivered: never throws. */
export async function respond(url: URL, text: string, tries = 2): Promise<boolean> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'belay' },
        body: JSON.stringify(ephemeral(text)),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.body?.cancel();
      if (answer.ok) return true;
      // A refusal (used up, expired) stays one.
      if (answer.status < 500 && answer.status !== 429) return false;
    } catch {
      // Not reachable, or too slow: once more.
    }
  }
  return false;
}
