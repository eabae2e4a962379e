import { ApplicationFailure } from '@temporalio/common';
import { segment, type EvidenceStore } from '../evidence/index.js';
import { bounded } from '../secrets/redact.js';
import type { IncidentBoardActivities } from './types.js';

type Part = Parameters<IncidentBoardActivities['saveTimeline']>[0];

/** `timeline/<incident>/<run>-<first>-<last>.json`, numbers with leading zeros, so that names sort as the entries do. */
export function timelineKey({ incident, runId, entries }: Part): string {
  const number = (n: number | undefined) => String(n ?? 0).padStart(6, '0');
  const name = [runId, number(entries.at(0)?.n), number(entries.at(-1)?.n)].join('-');
  return ['timeline', segment(incident), `${segment(name)}.json`].join('/');
}

/**
 * Keeps a part of an incident's timeline as JSON. Create-only: the same entries again give the same reference. Other entries under the same
 * numbers are `EvidenceConflict` (final); a store that cannot be reached or written is `EvidenceUnavailable`, retried.
 */
export async function saveTimelinePart(store: EvidenceStore, part: Part): Promise<{ reference: string }> {
  const key = timelineKey(part);
  const { incident, runId, entries } = part;
  const body = `${JSON.stringify({ incident, runId, entries }, null, 2)}\n`;
  try {
    const created = (await store.create(key, body, 'application/json')) === 'created';
    if (created || (await store.read(key)) === body) return { reference: store.reference(key) };
  } catch (error) {
    const message = `The timeline could not be kept: ${bounded(error instanceof Error ? error.message : String(error))}`;
    throw ApplicationFailure.retryable(message, 'EvidenceUnavailable');
  }
  const message = `Other entries of this timeline are kept at ${store.reference(key)}; the first ones stay. Evidence is never overwritten.`;
  throw ApplicationFailure.nonRetryable(message, 'EvidenceConflict');
}
