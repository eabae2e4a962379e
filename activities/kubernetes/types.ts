/** Shapes that cross the line between the Kubernetes activities and workflows. Plain JSON; never a template, env value or secret. */

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** Which object in which cluster. `context` is a kubeconfig context of the worker; its current one when left out. */
export interface WorkloadRef {
  context?: string;
  namespace: string;
  kind: WorkloadKind;
  name: string;
}

/** Who writes, for change-cause, annotations and saved states. */
export interface RunRef {
  workflowId: string;
  runId: string;
  actor: string;
  reason: string;
}

export interface Container {
  name: string;
  image: string;
}

/** Counts as the workload's status tells them. DaemonSet: desiredNumberScheduled and its kin. */
export interface RolloutCounts {
  desired: number;
  updated: number;
  ready: number;
  available: number;
  total: number;
  terminating: number;
}

export interface WorkloadFacts {
  ref: WorkloadRef;
  uid: string;
  generation: number;
  /** sha256 of the canonical JSON of `spec.template`. */
  templateHash: string;
  containers: Container[];
  replicas: number;
  paused: boolean;
  /** `deployment.kubernetes.io/revision`, or the update revision's name. */
  revision?: string;
  replicaSet?: string;
  strategy: { type: string; partition?: number; podManagementPolicy?: string };
  counts: RolloutCounts;
  /** Complete and every pod ready right now; else why not, in words. */
  healthy: boolean;
  unhealthyBecause?: string;
  /** Distinct `imageID` digests of the running pods by container. */
  digests: Record<string, string[]>;
  owners: { manager: 'Argo CD' | 'Flux' | 'Helm'; detail: string }[];
  autoscalers: { name: string; min: number; max: number }[];
  /** Disruption budgets that select these pods and allow none now. */
  exhaustedBudgets: string[];
  /** Quotas that leave no room for the surge pods, in words. */
  quotaProblems: string[];
  /** Verbs on resources that the worker's identity lacks, e.g. `patch deployments.apps`. */
  missingRights: string[];
  quarantined: QuarantineEntry[];
}

export type Inspection = { found: true; facts: WorkloadFacts } | { found: false; problem: string };

export interface QuarantineEntry {
  image: string;
  digest?: string;
  templateHash: string;
  reason: string;
  run: string;
  /** ISO time. */
  at: string;
}

/** A template kept in a Secret of the namespace. */
export interface SavedState {
  secret: string;
  version: number;
  templateHash: string;
  images: Container[];
  digests: Record<string, string[]>;
  revision?: string;
  replicas: number;
  /** Was complete and healthy when saved. */
  healthy: boolean;
  /** ISO time at which a Belay run verified this template in place; absent when it never did. */
  verifiedAt?: string;
  savedAt: string;
}

/** Our own write, so that a stranger's later one is told apart. */
export interface WriteIdentity {
  uid: string;
  generation: number;
  /** Of the live template as the server returned it after our write. */
  templateHash: string;
  /** Server-side time of the write, ISO. */
  at: string;
  /** False when the template already was as asked and nothing was written. */
  changed: boolean;
}

/** Why pods do not come up, for a person. */
export interface PodEvidence {
  pod: string;
  container?: string;
  /** e.g. CrashLoopBackOff, ErrImagePull, Unschedulable, OOMKilled. */
  reason: string;
  message?: string;
  exitCode?: number;
  restarts?: number;
  /** Last log lines of the failing container, at most 2 KB, env values redacted. */
  log?: string;
  events?: string[];
}

export type RolloutOutcome =
  | 'complete'
  /** Doomed pods, restarts of new pods, or the controller's own fresh deadline verdict. */
  | 'failed'
  /** Belay's total deadline passed. */
  | 'deadline'
  /** Somebody else changed the template after our write. */
  | 'superseded'
  /** The object was deleted, or deleted and created anew (other UID). */
  | 'replaced';

export interface RolloutVerdict {
  outcome: RolloutOutcome;
  /** One sentence with container, reason and exit code where there are such. */
  summary: string;
  counts: RolloutCounts;
  evidence: PodEvidence[];
  /** Milliseconds from the call's start until the verdict, as the worker saw it. */
  tookMs: number;
}

/** Pods of the template `templateHash` and the others, for gates and for the check before a rollback. */
export interface PodSplit {
  newPods: string[];
  newReady: number;
  newRestarts: number;
  oldPods: string[];
  oldReady: number;
}

/** A revision that Kubernetes itself remembers (ReplicaSet or ControllerRevision). */
export interface Revision {
  name: string;
  revision: number;
  images: Container[];
  templateHash: string;
  /** Was ever seen complete: Belay's saved state says so, or pods of it serve now. */
  everComplete: boolean;
  current: boolean;
}

/** How many pods a workload is to have, and who else decides on that. */
export interface Scale {
  uid: string;
  replicas: number;
  /** Of a Deployment: it can be scaled all the same. */
  paused?: boolean;
  /** Of a StatefulSet: fewer replicas delete the volume claims of those that go, and the data in them. */
  deletesClaims?: true;
  /** They leave a workload with 0 replicas alone, unless `owner` (e.g. `ScaledObject web`) says otherwise. */
  autoscalers: { name: string; min: number; max: number; owner?: string }[];
}

export interface ScaleOutcome {
  /**
   * reached: the asked number of pods is ready, or with 0 not one is left, terminating ones included. changed: somebody else
   * set another number meanwhile. replaced: the object is gone, or has another UID.
   */
  outcome: 'reached' | 'deadline' | 'changed' | 'replaced';
  /** One sentence for a person. */
  summary: string;
  ready: number;
  /** Pods that exist, terminating ones included. */
  pods: number;
  tookMs: number;
}

export interface KubernetesActivities {
  /** Read-only. All facts of one workload that pre-flight needs. */
  inspectWorkload: (input: { ref: WorkloadRef; verbs: 'update' }) => Promise<Inspection>;
  /** Server-side dry run of the image patch; writes nothing. `templateHash` is what the template would become. */
  previewImage: (input: {
    ref: WorkloadRef;
    container: string;
    image: string;
  }) => Promise<{ accepted: boolean; message?: string; templateHash?: string }>;
  /** Read-only. Saved states of a workload, newest first. */
  listSavedStates: (input: { ref: WorkloadRef }) => Promise<SavedState[]>;
  /** Read-only. ReplicaSets or ControllerRevisions, newest first. */
  listRevisions: (input: { ref: WorkloadRef }) => Promise<Revision[]>;
  /** Read-only. */
  splitPods: (input: { ref: WorkloadRef; templateHash: string }) => Promise<PodSplit>;
  /** Keeps the present template in a Secret; a repeat with the same run and hash returns the first one. */
  saveState: (input: {
    ref: WorkloadRef;
    uid: string;
    templateHash: string;
    run: RunRef;
    healthy: boolean;
  }) => Promise<SavedState>;
  /** Marks the state saved for `templateHash` as verified (saving it first when there is none). */
  markVerified: (input: { ref: WorkloadRef; uid: string; templateHash: string; run: RunRef }) => Promise<SavedState>;
  /** Patches one image, guarded by UID and template. Idempotent: finds its own earlier write. */
  setImage: (input: {
    ref: WorkloadRef;
    uid: string;
    templateHash: string;
    container: string;
    image: string;
    run: RunRef;
  }) => Promise<WriteIdentity>;
  /** Puts a saved template back, guarded by UID and the template that stands there now. Idempotent. */
  restoreState: (input: {
    ref: WorkloadRef;
    uid: string;
    templateHash: string;
    secret: string;
    run: RunRef;
  }) => Promise<WriteIdentity>;
  /** Puts the template of a revision that Kubernetes remembers back. Same guards. */
  restoreRevision: (input: {
    ref: WorkloadRef;
    uid: string;
    templateHash: string;
    revision: string;
    run: RunRef;
  }) => Promise<WriteIdentity>;
  /** Sets `spec.paused` of a Deployment. */
  setPaused: (input: { ref: WorkloadRef; uid: string; paused: boolean; run: RunRef }) => Promise<void>;
  /** Waits with a watch until the rollout of `identity` has an outcome. Heartbeats. `deadlineAt` in ms since the epoch. */
  watchRollout: (input: { ref: WorkloadRef; identity: WriteIdentity; deadlineAt: number }) => Promise<RolloutVerdict>;
  /**
   * Watches an already complete rollout until `until` (ms since the epoch): `complete` when it stayed so; `failed` as soon as
   * one of its pods restarts, crashes or loses readiness for more than 10 s; `superseded` and `replaced` as `watchRollout`.
   * Heartbeats. A retried attempt goes on to the same `until`; restarts count from `identity.at`.
   */
  guardPods: (input: { ref: WorkloadRef; identity: WriteIdentity; until: number }) => Promise<RolloutVerdict>;
  /** OrderedReady StatefulSets: deletes not-ready pods that do not carry `templateHash`, so that the revert can go on. */
  deleteStuckPods: (input: { ref: WorkloadRef; uid: string; templateHash: string }) => Promise<string[]>;
  /** Remembers that this image and template failed here. Idempotent by run and template. */
  quarantine: (input: { ref: WorkloadRef; uid: string; entry: QuarantineEntry }) => Promise<void>;
  liftQuarantine: (input: { ref: WorkloadRef; image: string; templateHash: string }) => Promise<void>;
  /** Read-only. Deployments and StatefulSets; a DaemonSet is `Unsupported`. */
  readScale: (input: { ref: WorkloadRef }) => Promise<Scale>;
  /**
   * Sets `spec.replicas`, guarded by UID. Idempotent: `previous` is the number before this run's first such write, also when a
   * repeat finds it done. Throws `TargetReplaced`, `Unsupported` (DaemonSet; fewer replicas of a StatefulSet that `deletesClaims`, but
   * for those that this run has added).
   */
  setReplicas: (input: {
    ref: WorkloadRef;
    uid: string;
    replicas: number;
    run: RunRef;
  }) => Promise<{ previous: number }>;
  /** Waits with a watch. Heartbeats. `deadlineAt` in ms since the epoch; with `uid` another object of that name is `replaced`. */
  waitScaled: (input: {
    ref: WorkloadRef;
    uid?: string;
    replicas: number;
    deadlineAt: number;
  }) => Promise<ScaleOutcome>;
}
