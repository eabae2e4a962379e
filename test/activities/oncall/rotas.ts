import type { LocalRota } from '../../../activities/oncall/rota.js';
import { rotaSchema } from '../../../systems/peopleSchema.js';

/** A rota of alice, bob and carol in Berlin, handed off on Mondays at 09:00 since 5 January 2026. */
export function rota(more: Record<string, unknown> = {}): LocalRota {
  const parsed = rotaSchema.parse({
    timeZone: 'Europe/Berlin',
    start: '2026-01-05',
    handoff: { every: 'week', at: '09:00' },
    people: ['alice', 'bob', 'carol'],
    ...more,
  });
  if ('source' in parsed) throw new Error('not a rota of our own');
  return parsed;
}

/** A rota of alice and bob with daily hand-offs. */
export const daily = (timeZone: string, start: string, at: string): LocalRota =>
  rota({ timeZone, start, handoff: { every: 'day', at }, people: ['alice', 'bob'] });
