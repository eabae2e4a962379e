import { createHash } from 'node:crypto';

/** Name under which PagerDuty shows where an event came from. */
export const CLIENT = 'Belay';

const PREFIX = 'belay/';
/** Marks a key that holds a hash instead of a workflow id. */
const HASHED = '~';
/** https://developer.pagerduty.com/docs/send-alert-event */
const LONGEST = 255;

/** PagerDuty's `dedup_key` for what a workflow tells: the same for every event about it, at most 255 characters. */
export function dedupKey(workflowId: string): string {
  const key = `${PREFIX}${workflowId}`;
  if (key.length <= LONGEST && !workflowId.startsWith(HASHED)) return key;
  return `${PREFIX}${HASHED}${createHash('sha256').update(workflowId).digest('hex')}`;
}

/** Whether a `dedup_key` (`incident_key` in webhooks) is one that Belay has made. */
export const isOurDedupKey = (key: unknown): key is string => typeof key === 'string' && key.startsWith(PREFIX);

/** The workflow that a key of ours was made of; `undefined` for any other key, and where only its hash is known. */
export function workflowOfDedupKey(key: unknown): string | undefined {
  if (!isOurDedupKey(key)) return undefined;
  const workflowId = key.slice(PREFIX.length);
  return workflowId === '' || workflowId.startsWith(HASHED) ? undefined : workflowId;
}

/** The part of a v3 webhook's `event` that says who caused it. */
interface WebhookEvent {
  agent?: { type?: unknown } | null | undefined;
  client?: { name?: unknown } | null | undefined;
  data?: { incident_key?: unknown } | null | undefined;
}

/**
 * Whether a webhook tells of what Belay itself has sent: an incident with a key of ours, changed through an integration and not by a
 * person. What a person does in PagerDuty with such an incident is no echo: that is an answer to the page.
 */
export function isEcho({ agent, client, data }: WebhookEvent): boolean {
  if (!isOurDedupKey(data?.incident_key)) return false;
  const through = agent?.type;
  return (typeof through === 'string' && through.endsWith('inbound_integration_reference')) || client?.name === CLIENT;
}
