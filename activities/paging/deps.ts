import type { Fetch } from '../http/request.js';
import type { SecretResolver } from '../secrets/resolver.js';
import type { SlackClientFor } from '../slack/client.js';
import type { PagingActivities } from '../incident/types.js';

export type PageInput = Parameters<PagingActivities['sendPage']>[0];
export type SettleInput = Parameters<PagingActivities['settlePage']>[0];
export type PageSent = Awaited<ReturnType<PagingActivities['sendPage']>>;

/** What the ways to reach a person have in common. A vendor's function asks for the part that it needs. */
export interface PagingDeps {
  secrets: SecretResolver;
  /** Addresses for the sandbox, e.g. `BELAY_SLACK_API_URL`, where a channel names none. */
  env: Record<string, string | undefined>;
  fetch: Fetch;
  /** Writes one structured line. */
  log: (fields: Record<string, unknown>, message: string) => void;
  slackClientFor: SlackClientFor;
}
