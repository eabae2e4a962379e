import type { Fetch } from '../http/request.js';
import type { PageDelivery, PagingActivities } from '../incident/types.js';
import type { SecretResolver } from '../secrets/resolver.js';
import type { SlackClientFor } from '../slack/client.js';

export type Settling = Parameters<PagingActivities['settlePage']>[0];
export type PageSent = Awaited<ReturnType<PagingActivities['sendPage']>>;
export type { PageDelivery };

/** What the ways to reach a person have in common; each vendor's function asks for the part that it needs. */
export interface PagingDeps {
  secrets: SecretResolver;
  /** Addresses for the sandbox, such as `BELAY_SLACK_API_URL`, where a channel names none. */
  env: Record<string, string | undefined>;
  fetch: Fetch;
  /** Writes one structured line. */
  log: (fields: Record<string, unknown>, message: string) => void;
  slackClientFor: SlackClientFor;
}
