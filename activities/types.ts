import type { AlertActivities } from './alertReview/lazy.js';
import type { Blackout, Channel, HttpCheck, System } from '../systems/schema.js';
import type { BackupActivities } from './backup/types.js';
import type { IncidentBoardActivities, PagingActivities } from './incident/types.js';
import type { IncidentView, TimelineEntry } from '../workflows/incident/types.js';
import type { EmergencyActivities } from './kubernetes/emergency/types.js';
import type { KubernetesActivities } from './kubernetes/types.js';
import type { OncallActivities } from './oncall/types.js';

/** Result of one HTTP check. */
export interface CheckResult {
  name: string;
  url: string;
  passed: boolean;
  /** One sentence: what was expected and what came, or how many answers passed in a row. */
  summary: string;
  tries: number;
  lastStatus?: number;
  lastLatencyMs?: number;
}

/** A check with its base URL filled in. */
export type ResolvedCheck = Omit<HttpCheck, 'endpoint'> & { url: string };

export interface HttpActivities {
  /** Read-only (a POST check is the describer's promise that repeating is harmless). Heartbeats between tries. */
  runHttpCheck: (input: { check: ResolvedCheck }) => Promise<CheckResult>;
  /**
   * Tells an outside monitor that all is well: one GET of the URL behind a secret reference, 4 s. `HeartbeatRefused` (4xx, a redirect, no URL) is final, `HeartbeatUnanswered` retried. The URL is in
   * no failure. Safe to repeat.
   */
  beatOutside: (input: { url: string }) => Promise<void>;
}

/** One instant PromQL measurement. */
export type Measurement =
  | { kind: 'value'; value: number }
  | { kind: 'noVerdict'; why: 'empty' | 'NaN' | 'severalSeries' | 'notANumber' | 'tooLittleTraffic'; detail: string }
  | { kind: 'error'; detail: string };

export interface PrometheusActivities {
  /** Read-only. Never throws for an unreachable or failing Prometheus: that is `error`. */
  measure: (input: { url: string; query: string; timeoutSeconds: number }) => Promise<Measurement>;
}

export type ImageResolution =
  | { status: 'resolved'; digest: string; platforms: string[] }
  | { status: 'notFound'; message: string }
  | { status: 'unreachable'; message: string }
  | { status: 'malformed'; message: string };

export interface RegistryActivities {
  /** Read-only. OCI distribution API; follows an index to its platforms (`linux/amd64`). */
  resolveImage: (input: {
    image: string;
    insecureRegistries: string[];
    mirrors: Record<string, string>;
  }) => Promise<ImageResolution>;
}

export type NotificationKind = 'start' | 'failure' | 'rollback' | 'end' | 'page';

export interface Notification {
  kind: NotificationKind;
  /** Stable per message: workflow run and step; a repeat must not post twice where the vendor lets us tell. */
  key: string;
  title: string;
  /** Markdown, bounded to 3,000 characters by the sender. */
  text: string;
  workflowId: string;
  /** What several runs tell of, such as a system's shutdown and its recovery: one incident on a status page. Else each run has its own. */
  topic?: string;
  /** With `end`: the run is over, what it tells of is not; a system that was shut down stays down. A status page stays as it is. */
  ongoing?: boolean;
}

export interface NotifyActivities {
  notify: (input: {
    channelName: string;
    channel: Channel;
    notification: Notification;
  }) => Promise<{ delivered: boolean; reference?: string }>;
}

export interface EvidenceActivities {
  /** Create-only JSON and Markdown; a repeat with the same content returns the same reference. */
  saveReport: (input: {
    runbook: string;
    workflowId: string;
    runId: string;
    json: string;
    markdown: string;
  }) => Promise<{ reference: string }>;
  /** Read-only. The newest report of a workflow id, JSON of at most 1 MiB (more is `DocumentTooLarge`, final); null when there is none. */
  latestReport: (input: { runbook: string; workflowId: string }) => Promise<string | null>;
  /**
   * Create-only text of at most 1 MiB beside the reports. Each part of `path` becomes one segment below the store's place; the last one needs an ending such as `.md`. A repeat with the same content returns
   * the same reference; other content under a path that is taken is `EvidenceConflict`, final.
   */
  saveDocument: (input: { path: string[]; body: string; contentType: DocumentType }) => Promise<{ reference: string }>;
  /** Read-only. What is kept at a reference of the store, at most 1 MiB (more is `DocumentTooLarge`, final); null when there is nothing. */
  readDocument: (input: { reference: string }) => Promise<string | null>;
}

export type DocumentType = 'text/markdown' | 'text/html' | 'application/json' | 'image/svg+xml' | 'text/yaml';

export interface RunDescription {
  workflowId: string;
  runId: string;
  type: string;
  status: string;
  memo: Record<string, unknown>;
}

export interface TemporalActivities {
  /** Read-only. `undefined` (as null) when no such workflow runs. */
  describeRun: (input: { workflowId: string }) => Promise<RunDescription | null>;
  /** Read-only. Those of the workflows that run now. */
  describeRuns: (input: { workflowIds: string[] }) => Promise<RunDescription[]>;
  /** Heartbeats until the workflow is closed. */
  waitForRunEnd: (input: { workflowId: string; runId?: string }) => Promise<void>;
  /** Asks a run to cancel. Safe to repeat. */
  cancelRun: (input: { workflowId: string; runId: string; reason: string }) => Promise<void>;
  /**
   * One signal to many workflows, in the order of their ids as far as possible. Those that do not run are no error; they are given back. A repeat may signal again: the payload has to tell the receiver
   * (`deliveryId`, `requestId`). Heartbeats.
   */
  signalRuns: (input: { workflowIds: string[]; signal: string; payload: unknown }) => Promise<{ gone: string[] }>;
  /** Read-only. Ids of open workflows of a type whose id starts so, at most `limit`, from visibility: some seconds late. */
  listOpenRuns: (input: { type: string; idPrefix: string; limit: number }) => Promise<string[]>;
  /**
   * Read-only. Open workflows whose `BelayNextDeadline` lies before `before` (ms since the epoch), of one system or of all: how many, the first `limit`, and which of `watched`. From visibility:
   * a deadline of the last seconds may still show as it was.
   */
  findOverdue: (input: { system?: string; before: number; limit: number; watched: string[] }) => Promise<OverdueRuns>;
  /** Read-only. View and timeline of an incident, open or closed, by its queries. Null when Temporal does not know it any more, or it is no incident. */
  readIncident: (input: { workflowId: string }) => Promise<IncidentFacts | null>;
}

export interface OverdueRun {
  workflowId: string;
  type: string;
  /** When it should have acted, ms since the epoch. */
  deadline: number;
  state?: string;
  severity?: string;
}

export interface OverdueRuns {
  count: number;
  first: OverdueRun[];
  /** Those asked about that are overdue. */
  watched: string[];
}

/** What is known of an incident. Bounded by the incident itself. */
export interface IncidentFacts {
  view: IncidentView;
  /** The newest entries of the timeline. */
  entries: TimelineEntry[];
  /** References of the older ones in the evidence store. */
  stored: string[];
}

/** What `resolveInput` makes of a raw input: validated, defaults filled, the system's snapshot with it. */
export interface ResolvedInput {
  runbook: string;
  input: unknown;
  system: System;
  /** sha256 of the merged description that the snapshot was taken from. */
  systemHash: string;
}

export interface CatalogueActivities {
  /** Fails with InvalidInput (non-retryable) and every problem with its path. Touches nothing. */
  resolveInput: (input: { runbook: string; raw: unknown }) => Promise<ResolvedInput>;
  /** Names of the blackouts that are on at `at` (ms since the epoch). */
  openBlackouts: (input: { blackouts: Blackout[]; at: number }) => Promise<string[]>;
}

export type Activities = KubernetesActivities &
  AlertActivities &
  PagingActivities &
  IncidentBoardActivities &
  EmergencyActivities &
  BackupActivities &
  HttpActivities &
  PrometheusActivities &
  RegistryActivities &
  NotifyActivities &
  EvidenceActivities &
  TemporalActivities &
  OncallActivities &
  CatalogueActivities;
