import type { z } from 'zod';
import { createdSchema, silencesSchema, type AlertmanagerClient } from './client.js';
import type { Matcher, Silence } from './types.js';

const MAX_SILENCES = 500;

/** What tells our silence from others, and a repeat from a second one. At the end of the comment, so that people read the reason first. */
export const marker = (key: string): string => `[belay ${key}]`;

const plain = ({ status, ...rest }: z.output<typeof silencesSchema>[number]): Silence => ({
  ...rest,
  state: status.state,
});

async function all(client: AlertmanagerClient): Promise<Silence[]> {
  return (await client.get(silencesSchema, '/silences')).map(plain);
}

/** Silences that Alertmanager knows, the newest first. */
export async function listSilences(client: AlertmanagerClient): Promise<Silence[]> {
  const newest = (await all(client)).toSorted((a, b) => Date.parse(b.startsAt) - Date.parse(a.startsAt));
  return newest.slice(0, MAX_SILENCES);
}

const alive = (key: string) => (silence: Silence) =>
  silence.state !== 'expired' && silence.comment.endsWith(marker(key));

/** See `AlertmanagerActivities.createSilence`. */
export async function createSilence(
  client: AlertmanagerClient,
  wanted: { key: string; matchers: Matcher[]; endsAt: string; owner: string; reason: string },
  now: number,
): Promise<{ id: string; created: boolean }> {
  // An earlier attempt may have created it although its answer was lost; Alertmanager has no idempotency key.
  const present = (await all(client)).find(alive(wanted.key));
  if (present) return { id: present.id, created: false };
  const { silenceID } = await client.post(createdSchema, '/silences', {
    matchers: wanted.matchers,
    startsAt: new Date(now).toISOString(),
    endsAt: wanted.endsAt,
    createdBy: wanted.owner,
    comment: `${wanted.reason} ${marker(wanted.key)}`,
  });
  return { id: silenceID, created: true };
}

/** See `AlertmanagerActivities.expireSilence`. */
export async function expireSilence(client: AlertmanagerClient, key: string): Promise<{ expired: string[] }> {
  const expired: string[] = [];
  for (const { id } of (await all(client)).filter(alive(key)))
    if (await client.remove(`/silence/${encodeURIComponent(id)}`)) expired.push(id);
  return { expired };
}
