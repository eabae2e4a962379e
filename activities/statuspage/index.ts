import { Context } from '@temporalio/activity';
import type { Fetch } from '../http/request.js';
import type { Notification } from '../types.js';
import { statuspageClient, type Incident, type StatuspageAccess, type StatuspageClient } from './client.js';
import { actOn, belongsTo, type IncidentLook } from './incident.js';
import { inTurn } from './inTurn.js';

/** How far a worker's clock may be ahead of Statuspage's. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Shows a notification on a public page: `start`, `page`, `failure` and `rollback` open the incident of its topic or run or update it,
 * `end` resolves it. Public are the channel's name for incidents and a fixed sentence, nothing of the notification's title and text.
 *
 * The page's unresolved incidents are read first, and Belay's have a reference to their topic and run, so a repeat opens no second one;
 * Statuspage has no idempotency key of its own. Throws what the client throws; see `statuspageClient`.
 */
export async function showOnce(
  fetch: Fetch,
  access: StatuspageAccess,
  look: IncidentLook,
  notification: Notification,
): Promise<{ delivered: boolean; reference?: string }> {
  const client = statuspageClient(fetch, access);
  const { pageId } = access;
  const shown = (id: string) => ({ delivered: true, reference: `${pageId}/${id}` });
  return inTurn(`${pageId}/${notification.topic ?? notification.workflowId}`, async () => {
    const act = actOn(await client.unresolved(), look, notification);
    switch (act.do) {
      case 'nothing':
        return act.incident ? shown(act.incident.id) : { delivered: true };
      case 'open': {
        const over = await resolvedSince(client, notification);
        return shown((over ?? (await client.open(act.incident))).id);
      }
      case 'change':
        for (const { id, fields } of act.changes) await client.change(id, fields);
        return shown(act.changes[0].id);
    }
  });
}

/**
 * The incident that was resolved after this message was written. An earlier attempt may have opened it although its answer
 * was lost; whoever resolved it knew more than the message.
 */
async function resolvedSince(client: StatuspageClient, notification: Notification): Promise<Incident | undefined> {
  const { attempt, scheduledTimestampMs } = Context.current().info;
  if (attempt === 1) return undefined;
  const since = scheduledTimestampMs - CLOCK_SKEW_MS;
  return (await client.recent())
    .filter(belongsTo(notification))
    .find((incident) => Date.parse(incident.resolved_at ?? '') > since);
}
