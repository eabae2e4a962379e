import { IANAZone, DateTime } from 'luxon';
import { z } from 'zod';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import { refused, TooMuch, unavailable, type PrometheusClient } from './client.js';
import { FoldFirings, type Samples } from './foldFirings.js';
import type { AlertReviewActivities, Firings } from './types.js';

/** Prometheus gives 11,000 points of a series at most. */
const POINTS = 5_000;
/** A piece of so few points that still is too much is refused. */
const FEWEST = 50;
/** All that one review takes; it has to pass through a history. */
const LIMITS = { series: 1_500, firings: 30_000 };

export const matrixSchema = z.object({
  resultType: z.literal('matrix'),
  result: z.array(
    z.object({
      metric: z.record(z.string(), z.string()),
      values: z.array(z.tuple([z.number(), z.string()])).default([]),
    }),
  ),
});

/** `ALERTS{alertstate="firing",…}`; PromQL strings are escaped as JSON's. */
export function firingQuery(match: Record<string, string>): string {
  const matchers = Object.entries(match).map(([label, regex]) => {
    if (!/^[A-Za-z_]\w*$/.test(label)) throw refused(`"${label}" is no name of a label`);
    return `,${label}=~${JSON.stringify(regex)}`;
  });
  return `ALERTS{alertstate="firing"${matchers.join('')}}`;
}

/** One range query, in halves when it is too much. Samples in the order of time. */
export async function range(
  client: PrometheusClient,
  query: string,
  span: { from: number; to: number; step: number },
  take: (samples: Samples[]) => void,
): Promise<void> {
  await throwIfCancelled();
  const { from, to, step } = span;
  try {
    const fields = { query, start: String(from), end: String(to), step: String(step) };
    take((await client.form(matrixSchema, '/query_range', fields)).result);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    const points = Math.floor((to - from) / step) + 1;
    if (points < FEWEST) throw unavailable(`even ${points} points are too much for it: ${error.message}`);
    const middle = from + Math.floor(points / 2) * step;
    await range(client, query, { from, to: middle - step, step }, take);
    await range(client, query, { from: middle, to, step }, take);
  }
}

/** See `AlertReviewActivities.readFirings`. */
export async function readFirings(
  client: PrometheusClient,
  { from, to, stepSeconds: step, match, timeZone }: Parameters<AlertReviewActivities['readFirings']>[0],
): Promise<Firings> {
  const zone = IANAZone.create(timeZone);
  if (!zone.isValid) throw refused(`"${timeZone}" is no time zone; give an IANA name such as Europe/Berlin`);
  const fold = new FoldFirings(step, LIMITS);
  const query = firingQuery(match);
  for (let start = from; start < to; start += POINTS * step) {
    const end = Math.min(start + (POINTS - 1) * step, to);
    await range(client, query, { from: start, to: end, step }, (samples) => fold.add(samples));
  }
  const minuteOfWeek = (at: number): number => {
    const local = DateTime.fromSeconds(at, { zone });
    return (local.weekday - 1) * 1_440 + local.hour * 60 + local.minute;
  };
  const series = fold.end(to, minuteOfWeek);
  return { from, to, stepSeconds: step, series, cut: fold.cut };
}
