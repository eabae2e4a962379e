import type { IncidentView, TimelineEntry } from '../incident/types.js';
import type { CommonInput } from '../kit/run.js';

/** What is known of an incident: its view, the newest entries of its timeline, and where the older ones are kept. */
export interface Facts {
  view: IncidentView;
  entries: TimelineEntry[];
  /** References in the evidence store. */
  stored: string[];
}

/** Input of a postmortem, from the incident or from a person. */
export interface PostmortemInput extends CommonInput {
  /** Workflow id. */
  incident: string;
  /** Instead of the incident's own. */
  title?: string;
  severity?: string;
  /** End of the incident, ISO, where the incident itself does not know it. */
  resolvedAt?: string;
  /** Instead of the end and `incidents.postmortem.dueSeconds`; ISO. */
  dueAt?: string;
  /** Given by the incident; read from it when left out. */
  facts?: Facts;
}

/** An input of more than 256 KB is refused; the rest of it is small. */
const MAX_CHARS = 150_000;

/** The input without facts that are too many to pass through it: the incident is asked for them, which may be closed by then. */
export function withoutBulk(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || !('facts' in raw)) return raw;
  const { facts, ...rest } = raw;
  return JSON.stringify(facts ?? null).length > MAX_CHARS ? rest : raw;
}
