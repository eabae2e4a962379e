import type { Target } from '../../systems/incidentSchema.js';

/** Plain JSON throughout: this state lives in queries, in continue-as-new and in the report. Times are ms since the epoch. */

/** One alert as its source tells it. Three identities: `fingerprint` the alert, with `startsAt` an episode of it; the incident is the workflow. */
export interface AlertFact {
  /** Unique within the source. */
  fingerprint: string;
  status: 'firing' | 'resolved';
  startsAt: number;
  endsAt?: number;
  name: string;
  /** Of `incidents.severities`, as the routing rule says. */
  severity: string;
  /** Bounded, and untrusted: shown, never evaluated. */
  labels: Record<string, string>;
  summary?: string;
  /** http(s) only; shown as links, never fetched. */
  links?: { title: string; url: string }[];
}

/** One delivery of a machine. The same delivery twice is one: `deliveryId` tells. */
export interface AlertsEvent {
  type: 'alerts';
  deliveryId: string;
  source: string;
  receivedAt: number;
  alerts: AlertFact[];
}

export type Via = 'ui' | 'cli' | 'slack' | 'pagerduty' | 'bot' | 'runbook' | 'storm' | 'source';

/** Who acts. `person` is a key of the system's `people`, if it is one of them. */
export interface Actor {
  id: string;
  via: Via;
  person?: string;
  /** True when whoever brought the action has proved the actor (a signature of Slack, a token); false for a name typed in. */
  proved?: boolean;
}

export const actionNames = [
  'acknowledge',
  'escalate',
  'resolve',
  'reassign',
  'snooze',
  'setSeverity',
  'postUpdate',
  'advance',
  'merge',
  'applyPolicy',
  'note',
  'linkRun',
  'checkStep',
  'markNoise',
] as const;

export type ActionName = (typeof actionNames)[number];

interface ActionCommon {
  actor: Actor;
  /** Makes a repeat harmless: the first answer is given again. */
  requestId?: string;
  reason?: string;
}

/** What people and bots do. The `type` is the name of the update as well. */
export type Action = ActionCommon &
  (
    | { type: 'acknowledge' }
    | { type: 'escalate'; expectedLevel: number }
    | { type: 'resolve' }
    | { type: 'reassign'; to: string; expectedOwner?: string | null }
    | { type: 'snooze'; until: number | null }
    | { type: 'setSeverity'; severity: string }
    | { type: 'postUpdate'; text: string; audience?: 'team' | 'stakeholders' | 'public' }
    | { type: 'advance'; phase: string }
    | { type: 'merge'; into: string }
    | { type: 'applyPolicy'; policy?: string }
    | { type: 'note'; text: string }
    | {
        type: 'linkRun';
        workflowId: string;
        runbook: string;
        start?: boolean;
        input?: Record<string, unknown>;
        outcome?: string;
        summary?: string;
      }
    | { type: 'checkStep'; step: number }
    | { type: 'markNoise'; noise: 'falsePositive' | 'notActionable' | 'poorDetails' }
  );

/** What became of a page: sent by the person's pager, for the timeline. */
export interface PagedEvent {
  type: 'paged';
  /** Key of the page and channel. */
  deliveryId: string;
  person: string;
  channel: string;
  outcome: 'sent' | 'failed' | 'delayed' | 'unreachable';
  at: number;
  detail?: string;
}

/** Another incident that a storm has gathered under this one. */
export interface ChildEvent {
  type: 'child';
  deliveryId: string;
  incident: string;
  title: string;
  receivedAt: number;
}

/** The one signal of machines and bots. */
export type IncidentEvent = AlertsEvent | PagedEvent | ChildEvent | Action;

export interface ActionAnswer {
  accepted: boolean;
  /** For people: what it brought about, or why not. */
  answer: string;
  /** `ALREADY_ESCALATED`, `ALREADY_RESOLVED`, … when refused. */
  code?: string;
}

export type IncidentPhase = 'triggered' | 'acknowledged' | 'snoozed' | 'resolved' | 'merged';

export interface TimelineEntry {
  n: number;
  at: number;
  kind: 'alert' | 'page' | 'ladder' | 'action' | 'clock' | 'update' | 'run' | 'system';
  text: string;
  actor?: Actor;
  /** For an action: what was and what is. */
  before?: string;
  after?: string;
}

export interface AlertState {
  name: string;
  severity: string;
  status: 'firing' | 'resolved';
  startsAt: number;
  endsAt?: number;
  summary?: string;
  /** Recent changes between firing and resolved. */
  changes: number[];
  flapping?: boolean;
  firings: number;
  links?: { title: string; url: string }[];
}

/** Where a level of the ladder stands. */
export interface PageRecord {
  level: number;
  generation: number;
  at: number;
  people: string[];
}

export interface ClockState {
  phase: string;
  dueAt: number;
  /** Of 50, 80 and 100. */
  emitted: number[];
  doneAt?: number;
  breachedAt?: number;
}

/** A run that belongs to the incident. */
export interface LinkedRun {
  workflowId: string;
  runbook: string;
  by: string;
  at: number;
  outcome?: string;
  summary?: string;
}

/** Root message of the incident in Slack. */
export interface RootMessage {
  channelName: string;
  channel: string;
  ts: string;
}

/** What a person sees of an incident: the message in Slack, `belay incident show`, the UI's details. */
export interface IncidentView {
  incident: string;
  title: string;
  system: string;
  service?: string;
  kind: 'operational' | 'security';
  severity: string;
  phase: IncidentPhase;
  exhausted: boolean;
  flapping: boolean;
  openedAt: number;
  triggeredAt: number;
  resolvedAt?: number;
  owner?: string;
  ackedAt?: number;
  /** Index of the level reached, -1 before the first, and its name. */
  level: number;
  levelName?: string;
  /** How many levels its ladder has: the gateway lets only some call the last. */
  levels?: number;
  nextLevelAt?: number;
  snoozedUntil?: number;
  nextUpdateAt?: number;
  firing: number;
  alerts: { name: string; status: string; summary?: string; since: number }[];
  suggested: { title: string; url?: string; runbook?: string }[];
  clocks: ClockState[];
  runs: LinkedRun[];
  checklist: { step: string; doneBy?: string; doneAt?: number; runbook?: string }[];
  lastUpdate?: { text: string; by: string; at: number };
  reopened: number;
  mergedInto?: string;
  storm?: string;
  /** For the alert review: pages that were asked for, the first answer of a person, who ended it, and how people marked it. */
  pages?: number;
  firstHumanAckAt?: number;
  resolvedBy?: 'source' | 'person';
  noise?: string;
  /** Deep link into the Temporal UI, where one is configured. */
  url?: string;
}

export type { Target };
