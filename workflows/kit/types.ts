/** Plain JSON state of a run: what the `status` query, the UI details, the CLI and the report are made of. */

export type Phase =
  | 'resolving'
  | 'planning'
  | 'awaitingApproval'
  | 'waitingForLock'
  | 'running'
  | 'paused'
  /** Waits for a person in a named state; see `RunStatus.hold`. */
  | 'held'
  | 'rollingBack'
  | 'done';

export type StepOutcome = 'running' | 'done' | 'failed' | 'skipped' | 'cancelled';

/** One step in the manual's words. Times are ISO. */
export interface StepRecord {
  id: number;
  /** Step that this one is part of. */
  parent?: number;
  name: string;
  outcome: StepOutcome;
  startedAt: string;
  endedAt?: string;
  /** One line: what came of it, or why it failed. */
  detail?: string;
  /** Measurements, digests, counts, log tails. Bounded; never a secret. */
  evidence?: unknown;
}

/** What a run will do, as plain data; `hash` covers everything but itself. */
export interface Plan {
  summary: string;
  steps: { title: string; detail?: string; undo?: string }[];
  /** Things a reader should know; they do not stop the run. */
  warnings: string[];
  /** The runbook's own facts that the plan rests on; an approval is bound to them. */
  facts: unknown;
  hash: string;
}

/** A verb that a person or a bot used on the run. */
export interface Decision {
  verb: string;
  actor: string;
  reason: string;
  requestId?: string;
  at: string;
  accepted: boolean;
  /** What it brought about, or why it was refused. */
  answer: string;
}

/** A named state in which only a person can go on. */
export interface Hold {
  name: string;
  /** What happened and what is asked. */
  question: string;
  /** Verbs that end it, with what each would do. */
  options: Record<string, string>;
  /** What is old and what is new, per target. */
  state?: Record<string, string>;
  since: string;
}

export interface RunStatus {
  runbook: string;
  workflowId: string;
  system?: string;
  requestedBy?: string;
  reason?: string;
  dryRun: boolean;
  phase: Phase;
  /** One line for a person who has five seconds. */
  headline: string;
  steps: StepRecord[];
  plan?: Plan;
  hold?: Hold;
  /** Absolute time until which the run waits for an approval, ISO. */
  approvalExpiresAt?: string;
  decisions: Decision[];
  /** Lock workflow ids held now. */
  locks: string[];
}

/** Final account of a run; the same object is result, failure detail and stored evidence. */
export interface Report {
  runbook: string;
  workflowId: string;
  runId: string;
  system: string;
  systemHash: string;
  requestedBy: string;
  reason: string;
  dryRun: boolean;
  startedAt: string;
  endedAt: string;
  /** `succeeded`, `planned`, or the failure type. */
  outcome: string;
  summary: string;
  plan?: Plan;
  steps: StepRecord[];
  decisions: Decision[];
  /** Where the report was stored; absent when storing failed. */
  reference?: string;
}

/** Typed ends of a run that did not achieve its purpose; the `type` of its ApplicationFailure. */
export const failureTypes = [
  'InvalidInput',
  'PreflightFailed',
  'TargetBusy',
  'Rejected',
  'ApprovalExpired',
  'PlanOutdated',
  'RolledBack',
  'Aborted',
  'Superseded',
  'TargetReplaced',
  'Quarantined',
  'VerificationFailed',
  'AcceptedAsIs',
  'CompensationFailed',
  'BackupFailed',
  'BackupStale',
  'RestoreFailed',
  'ObjectiveMissed',
  'PartialShutdown',
  'RecoveryFailed',
  'StayedDown',
  'IncidentOverdue',
  // A step failed for good, for a reason that has no name of its own above, before anything was changed.
  'StepFailed',
] as const;

export type FailureType = (typeof failureTypes)[number];
