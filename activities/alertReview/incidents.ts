import { z } from 'zod';
import type { EvidenceStore } from '../evidence/store.js';
import { throwIfCancelled } from '../temporal/heartbeat.js';
import type { PastIncident } from './types.js';

const LIMIT = 1_000;
const AT_ONCE = 16;
/** Of these kinds are people; `source`, `storm`, `bot` and `runbook` are not. */
const PEOPLE = new Set(['ui', 'cli', 'slack', 'pagerduty']);

/** What a review reads of an incident's report. Reports of other versions may have more, or less. */
const reportSchema = z.object({
  system: z.string(),
  incident: z.object({
    incident: z.string(),
    severity: z.string(),
    openedAt: z.number(),
    resolvedAt: z.number().optional(),
    firstHumanAckAt: z.number().optional(),
    resolvedBy: z.string().optional(),
    pages: z.number().default(0),
    noise: z.string().optional(),
    alerts: z.array(z.object({ name: z.string(), since: z.number() })).default([]),
    runs: z.array(z.unknown()).default([]),
    checklist: z.array(z.object({ doneAt: z.number().optional() })).default([]),
  }),
  timeline: z.array(z.object({ actor: z.object({ via: z.string() }).optional() })).default([]),
});

/** Undefined for what is no report of an incident of the system. Pure. */
export function pastIncident(text: string, system: string): PastIncident | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = reportSchema.safeParse(json);
  if (!parsed.success || parsed.data.system !== system) return undefined;
  const { incident: view, timeline } = parsed.data;
  const { incident, severity, openedAt, resolvedAt, firstHumanAckAt, pages, noise, alerts } = view;
  return {
    ...{ incident, severity, openedAt, pages, alerts },
    ...(resolvedAt !== undefined && { resolvedAt }),
    ...(firstHumanAckAt !== undefined && { firstHumanAckAt }),
    ...(noise !== undefined && { noise }),
    acted:
      view.resolvedBy === 'person' || view.runs.length > 0 || view.checklist.some(({ doneAt }) => doneAt !== undefined),
    touched: timeline.some(({ actor }) => actor !== undefined && PEOPLE.has(actor.via)),
  };
}

/** See `ReviewActivities.listIncidents`. */
export async function listIncidents(
  store: EvidenceStore,
  { system, from, to }: { system: string; from: number; to: number },
): Promise<{ incidents: PastIncident[]; cut: boolean }> {
  const stored = await store.list('incident/', Number.MAX_SAFE_INTEGER);
  // A report is written at the incident's end: one that was written before the span is of an incident before it.
  const reports = stored.filter(({ key, modified }) => key.endsWith('.json') && modified.getTime() >= from);
  const incidents: PastIncident[] = [];
  for (let at = 0; at < reports.length && incidents.length < LIMIT; at += AT_ONCE) {
    await throwIfCancelled();
    const texts = await Promise.all(reports.slice(at, at + AT_ONCE).map(({ key }) => store.read(key)));
    for (const text of texts) {
      const one = text === undefined ? undefined : pastIncident(text, system);
      if (one && one.openedAt <= to && (one.resolvedAt ?? to) >= from) incidents.push(one);
    }
  }
  return { incidents: incidents.slice(0, LIMIT), cut: incidents.length >= LIMIT };
}
