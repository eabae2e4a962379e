import type { Incidents } from '../../systems/incidentSchema.js';
import type { System } from '../../systems/schema.js';
import type { Action, ActionAnswer, AlertFact, IncidentView } from '../../workflows/incident/types.js';

/** An alert as a source tells it, before routing has given it a severity. */
export type SourceAlert = Omit<AlertFact, 'severity'>;

/** What a machine sent in one request. */
export interface Delivery {
  /** Name of the source; fingerprints are unique within it. */
  source: string;
  /** What the source calls the group, when it has groups; part of the delivery's identity only. */
  group: string;
  receivedAt: number;
  alerts: SourceAlert[];
}

/** A system that has incidents. */
export type IncidentSystem = System & { incidents: Incidents };

/** What became of one incident of a delivery. */
export interface Delivered {
  incident: string;
  /** `opened` when it was not known to run; `dropped`: resolved, and no incident of it is open; `held`: a firing whose resolve came first. */
  outcome: 'opened' | 'attached' | 'dropped' | 'held';
  alerts: number;
}

/** An action as its answer needs it: with a request id. */
export type IdentifiedAction = Action & { requestId: string };

/** An incident that a person or a bot opens. */
export interface Opening {
  title: string;
  severity?: string;
  service?: string;
  kind?: 'operational' | 'security';
  reason: string;
  requestedBy: string;
}

/** An open incident in a list. */
export interface IncidentSummary {
  incident: string;
  system: string;
  severity?: string;
  state?: string;
  /** Absent for one that was not opened through a port: ask it. */
  kind?: 'operational' | 'security';
  openedAt: number;
  summary?: string;
}

/** All that intake, bots, Slack and PagerDuty do with incidents. Failures of Temporal itself are thrown as `TemporalAway`. */
export interface IncidentPort {
  /** Hands alerts to their incidents; returns only after Temporal has all of it. */
  deliver(system: IncidentSystem, delivery: Delivery): Promise<Delivered[]>;
  /** Opens an incident; the same request id opens one. Returns its workflow id. */
  open(system: IncidentSystem, opening: Opening, requestId: string): Promise<{ incident: string }>;
  /** Does what a person or bot asks. Refusals are answers: `code` says why. Bounded to 2.5 s; `ACCEPTED_PENDING` when the answer takes longer. */
  act(workflowId: string, action: IdentifiedAction): Promise<ActionAnswer>;
  /** `undefined` when no such incident was ever there. */
  state(workflowId: string): Promise<IncidentView | undefined>;
  /** Open incidents of a system, newest first, at most `limit`. */
  list(system: string, limit?: number): Promise<IncidentSummary[]>;
}

/** Temporal did not take a call in time; whoever sent it should send it again. */
export class TemporalAway extends Error {
  override readonly name = 'TemporalAway';
}
